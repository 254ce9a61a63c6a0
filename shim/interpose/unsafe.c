/*
 * Functions with hidden state (detect/unsafe_call.def). What they read and write of the program's
 * own memory is told too.
 */
#include <errno.h>
#include <netinet/ether.h>

#include "detect/handler_misuse.h"
#include "detect/unsafe_call.h"
#include "interpose/access.h"
#include "interpose/directory.h"

/* None of them may be called in a signal handler. frame: the wrapper's. */
static __attribute__((noinline)) struct thread *enter(enum unsafe_call call, const char *called,
                                                      uintptr_t object, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return NULL;
    handler_unsafe_call(self, called, frame);
    if (access_watched()) {
        unsafe_call(self, call, object, frame);
        return self;
    }
    guard_leave(self);
    return NULL;
}

static __attribute__((noinline)) void read_text(struct thread *self, const char *text,
                                                const void *frame)
{
    if (text)
        access_tell(self, text, real.strlen(text) + 1, ACCESS_READ, frame);
}

static void touch(struct thread *self, const void *at, size_t size, unsigned how, const void *frame)
{
    if (at)
        access_tell(self, at, size, how, frame);
}

#define TEXT_OF(text)   read_text(self, text, FRAME)
#define READ(at, size)  touch(self, at, size, ACCESS_READ, FRAME)
#define WROTE(at, size) touch(self, at, size, ACCESS_WRITE, FRAME)

/* touched: statements that tell what of the program's memory is touched. */
#define UNSAFE(name, object, touched)                                                              \
    do {                                                                                           \
        struct thread *self =                                                                      \
            access_wanted() ? enter(UNSAFE_##name, #name, (uintptr_t)(object), FRAME) : NULL;      \
        if (unlikely(self)) {                                                                      \
            touched guard_leave(self);                                                             \
        }                                                                                          \
    } while (0)

char *wrap_asctime(const struct tm *time)
{
    UNSAFE(asctime, 0, { READ(time, sizeof *time); });
    return real.asctime(time);
}

char *wrap_ctime(const time_t *time)
{
    UNSAFE(ctime, 0, { READ(time, sizeof *time); });
    return real.ctime(time);
}

struct tm *wrap_localtime(const time_t *time)
{
    UNSAFE(localtime, 0, { READ(time, sizeof *time); });
    return real.localtime(time);
}

struct tm *wrap_gmtime(const time_t *time)
{
    UNSAFE(gmtime, 0, { READ(time, sizeof *time); });
    return real.gmtime(time);
}

int wrap_unsetenv(const char *name)
{
    UNSAFE(unsetenv, 0, { TEXT_OF(name); });
    return real.unsetenv(name);
}

int wrap_putenv(char *entry)
{
    UNSAFE(putenv, 0, { TEXT_OF(entry); });
    return real.putenv(entry);
}

int wrap_clearenv(void)
{
    UNSAFE(clearenv, 0, {});
    return real.clearenv();
}

int wrap_setenv(const char *name, const char *value, int replace)
{
    UNSAFE(setenv, 0, {
        TEXT_OF(name);
        TEXT_OF(value);
    });
    return real.setenv(name, value, replace);
}

char *wrap_getenv(const char *name)
{
    UNSAFE(getenv, 0, { TEXT_OF(name); });
    return real.getenv(name);
}

char *wrap_secure_getenv(const char *name)
{
    UNSAFE(secure_getenv, 0, { TEXT_OF(name); });
    return real.secure_getenv(name);
}

char *wrap___secure_getenv(const char *name)
{
    UNSAFE(__secure_getenv, 0, { TEXT_OF(name); });
    return real.__secure_getenv(name);
}

struct lconv *wrap_localeconv(void)
{
    UNSAFE(localeconv, 0, {});
    return real.localeconv();
}

char *wrap_nl_langinfo(nl_item item)
{
    UNSAFE(nl_langinfo, 0, {});
    return real.nl_langinfo(item);
}

double wrap_drand48(void)
{
    UNSAFE(drand48, 0, {});
    return real.drand48();
}

long wrap_lrand48(void)
{
    UNSAFE(lrand48, 0, {});
    return real.lrand48();
}

long wrap_mrand48(void)
{
    UNSAFE(mrand48, 0, {});
    return real.mrand48();
}

void wrap_srand48(long seed)
{
    UNSAFE(srand48, 0, {});
    real.srand48(seed);
}

unsigned short *wrap_seed48(unsigned short *seed)
{
    UNSAFE(seed48, 0, { READ(seed, 6); });
    return real.seed48(seed);
}

void wrap_lcong48(unsigned short *parameters)
{
    UNSAFE(lcong48, 0, { READ(parameters, 14); });
    real.lcong48(parameters);
}

double wrap_erand48(unsigned short *state)
{
    UNSAFE(erand48, 0, {
        READ(state, 6);
        WROTE(state, 6);
    });
    return real.erand48(state);
}

long wrap_nrand48(unsigned short *state)
{
    UNSAFE(nrand48, 0, {
        READ(state, 6);
        WROTE(state, 6);
    });
    return real.nrand48(state);
}

long wrap_jrand48(unsigned short *state)
{
    UNSAFE(jrand48, 0, {
        READ(state, 6);
        WROTE(state, 6);
    });
    return real.jrand48(state);
}

char *wrap_ptsname(int fd)
{
    UNSAFE(ptsname, 0, {});
    return real.ptsname(fd);
}

char *wrap_ttyname(int fd)
{
    UNSAFE(ttyname, 0, {});
    return real.ttyname(fd);
}

char *wrap_getlogin(void)
{
    UNSAFE(getlogin, 0, {});
    return real.getlogin();
}

char *wrap_ecvt(double value, int digits, int *ret_point, int *ret_sign)
{
    UNSAFE(ecvt, 0, {
        WROTE(ret_point, sizeof *ret_point);
        WROTE(ret_sign, sizeof *ret_sign);
    });
    return real.ecvt(value, digits, ret_point, ret_sign);
}

char *wrap_fcvt(double value, int digits, int *ret_point, int *ret_sign)
{
    UNSAFE(fcvt, 0, {
        WROTE(ret_point, sizeof *ret_point);
        WROTE(ret_sign, sizeof *ret_sign);
    });
    return real.fcvt(value, digits, ret_point, ret_sign);
}

char *wrap_qecvt(long double value, int digits, int *ret_point, int *ret_sign)
{
    UNSAFE(qecvt, 0, {
        WROTE(ret_point, sizeof *ret_point);
        WROTE(ret_sign, sizeof *ret_sign);
    });
    return real.qecvt(value, digits, ret_point, ret_sign);
}

char *wrap_qfcvt(long double value, int digits, int *ret_point, int *ret_sign)
{
    UNSAFE(qfcvt, 0, {
        WROTE(ret_point, sizeof *ret_point);
        WROTE(ret_sign, sizeof *ret_sign);
    });
    return real.qfcvt(value, digits, ret_point, ret_sign);
}

char *wrap_l64a(long value)
{
    UNSAFE(l64a, 0, {});
    return real.l64a(value);
}

ENTRY *wrap_hsearch(ENTRY entry, ACTION action)
{
    UNSAFE(hsearch, 0, {});
    return real.hsearch(entry, action);
}

int wrap_hcreate(size_t count)
{
    UNSAFE(hcreate, 0, {});
    return real.hcreate(count);
}

void wrap_hdestroy(void)
{
    UNSAFE(hdestroy, 0, {});
    real.hdestroy();
}

int wrap_getopt(int count, char *const *arguments, const char *options)
{
    UNSAFE(getopt, 0, {});
    return real.getopt(count, arguments, options);
}

int wrap_getopt_long(int count, char *const *arguments, const char *options,
                     const void *long_options, int *ret_index)
{
    UNSAFE(getopt_long, 0, {});
    return real.getopt_long(count, arguments, options, long_options, ret_index);
}

int wrap_getopt_long_only(int count, char *const *arguments, const char *options,
                          const void *long_options, int *ret_index)
{
    UNSAFE(getopt_long_only, 0, {});
    return real.getopt_long_only(count, arguments, options, long_options, ret_index);
}

struct tm *wrap_getdate(const char *text)
{
    UNSAFE(getdate, 0, { TEXT_OF(text); });
    return real.getdate(text);
}

struct mntent *wrap_getmntent(FILE *stream)
{
    UNSAFE(getmntent, 0, {});
    return real.getmntent(stream);
}

struct utmp *wrap_getutent(void)
{
    UNSAFE(getutent, 0, {});
    return real.getutent();
}

struct utmp *wrap_getutid(const struct utmp *id)
{
    UNSAFE(getutid, 0, {});
    return real.getutid(id);
}

struct utmp *wrap_getutline(const struct utmp *line)
{
    UNSAFE(getutline, 0, {});
    return real.getutline(line);
}

struct utmp *wrap_pututline(const struct utmp *line)
{
    UNSAFE(pututline, 0, {});
    return real.pututline(line);
}

void wrap_setutent(void)
{
    UNSAFE(setutent, 0, {});
    real.setutent();
}

void wrap_endutent(void)
{
    UNSAFE(endutent, 0, {});
    real.endutent();
}

int wrap_utmpname(const char *path)
{
    UNSAFE(utmpname, 0, { TEXT_OF(path); });
    return real.utmpname(path);
}

struct utmpx *wrap_getutxent(void)
{
    UNSAFE(getutxent, 0, {});
    return real.getutxent();
}

struct utmpx *wrap_getutxid(const struct utmpx *id)
{
    UNSAFE(getutxid, 0, {});
    return real.getutxid(id);
}

struct utmpx *wrap_getutxline(const struct utmpx *line)
{
    UNSAFE(getutxline, 0, {});
    return real.getutxline(line);
}

struct utmpx *wrap_pututxline(const struct utmpx *line)
{
    UNSAFE(pututxline, 0, {});
    return real.pututxline(line);
}

void wrap_setutxent(void)
{
    UNSAFE(setutxent, 0, {});
    real.setutxent();
}

void wrap_endutxent(void)
{
    UNSAFE(endutxent, 0, {});
    real.endutxent();
}

int wrap_utmpxname(const char *path)
{
    UNSAFE(utmpxname, 0, { TEXT_OF(path); });
    return real.utmpxname(path);
}

int wrap_setfsent(void)
{
    UNSAFE(setfsent, 0, {});
    return real.setfsent();
}

struct fstab *wrap_getfsent(void)
{
    UNSAFE(getfsent, 0, {});
    return real.getfsent();
}

struct fstab *wrap_getfsspec(const char *name)
{
    UNSAFE(getfsspec, 0, { TEXT_OF(name); });
    return real.getfsspec(name);
}

struct fstab *wrap_getfsfile(const char *name)
{
    UNSAFE(getfsfile, 0, { TEXT_OF(name); });
    return real.getfsfile(name);
}

void wrap_endfsent(void)
{
    UNSAFE(endfsent, 0, {});
    real.endfsent();
}

int wrap_setttyent(void)
{
    UNSAFE(setttyent, 0, {});
    return real.setttyent();
}

struct ttyent *wrap_getttyent(void)
{
    UNSAFE(getttyent, 0, {});
    return real.getttyent();
}

struct ttyent *wrap_getttynam(const char *name)
{
    UNSAFE(getttynam, 0, { TEXT_OF(name); });
    return real.getttynam(name);
}

int wrap_endttyent(void)
{
    UNSAFE(endttyent, 0, {});
    return real.endttyent();
}

void wrap_setusershell(void)
{
    UNSAFE(setusershell, 0, {});
    real.setusershell();
}

char *wrap_getusershell(void)
{
    UNSAFE(getusershell, 0, {});
    return real.getusershell();
}

void wrap_endusershell(void)
{
    UNSAFE(endusershell, 0, {});
    real.endusershell();
}

char *wrap_re_comp(const char *expression)
{
    UNSAFE(re_comp, 0, { TEXT_OF(expression); });
    return real.re_comp(expression);
}

int wrap_re_exec(const char *text)
{
    UNSAFE(re_exec, 0, { TEXT_OF(text); });
    return real.re_exec(text);
}

char *wrap_ether_ntoa(const struct ether_addr *address)
{
    UNSAFE(ether_ntoa, 0, { READ(address, sizeof *address); });
    return real.ether_ntoa(address);
}

struct ether_addr *wrap_ether_aton(const char *text)
{
    UNSAFE(ether_aton, 0, { TEXT_OF(text); });
    return real.ether_aton(text);
}

void wrap_setpwent(void)
{
    UNSAFE(setpwent, 0, {});
    real.setpwent();
}

struct passwd *wrap_getpwent(void)
{
    UNSAFE(getpwent, 0, {});
    return real.getpwent();
}

void wrap_endpwent(void)
{
    UNSAFE(endpwent, 0, {});
    real.endpwent();
}

struct passwd *wrap_getpwnam(const char *name)
{
    UNSAFE(getpwnam, 0, { TEXT_OF(name); });
    return real.getpwnam(name);
}

struct passwd *wrap_getpwuid(uid_t id)
{
    UNSAFE(getpwuid, 0, {});
    return real.getpwuid(id);
}

struct passwd *wrap_fgetpwent(FILE *stream)
{
    UNSAFE(fgetpwent, 0, {});
    return real.fgetpwent(stream);
}

void wrap_setgrent(void)
{
    UNSAFE(setgrent, 0, {});
    real.setgrent();
}

struct group *wrap_getgrent(void)
{
    UNSAFE(getgrent, 0, {});
    return real.getgrent();
}

void wrap_endgrent(void)
{
    UNSAFE(endgrent, 0, {});
    real.endgrent();
}

struct group *wrap_getgrnam(const char *name)
{
    UNSAFE(getgrnam, 0, { TEXT_OF(name); });
    return real.getgrnam(name);
}

struct group *wrap_getgrgid(gid_t id)
{
    UNSAFE(getgrgid, 0, {});
    return real.getgrgid(id);
}

struct group *wrap_fgetgrent(FILE *stream)
{
    UNSAFE(fgetgrent, 0, {});
    return real.fgetgrent(stream);
}

void wrap_setspent(void)
{
    UNSAFE(setspent, 0, {});
    real.setspent();
}

struct spwd *wrap_getspent(void)
{
    UNSAFE(getspent, 0, {});
    return real.getspent();
}

void wrap_endspent(void)
{
    UNSAFE(endspent, 0, {});
    real.endspent();
}

struct spwd *wrap_getspnam(const char *name)
{
    UNSAFE(getspnam, 0, { TEXT_OF(name); });
    return real.getspnam(name);
}

struct spwd *wrap_sgetspent(const char *text)
{
    UNSAFE(sgetspent, 0, { TEXT_OF(text); });
    return real.sgetspent(text);
}

struct spwd *wrap_fgetspent(FILE *stream)
{
    UNSAFE(fgetspent, 0, {});
    return real.fgetspent(stream);
}

void wrap_setservent(int stay)
{
    UNSAFE(setservent, 0, {});
    real.setservent(stay);
}

struct servent *wrap_getservent(void)
{
    UNSAFE(getservent, 0, {});
    return real.getservent();
}

void wrap_endservent(void)
{
    UNSAFE(endservent, 0, {});
    real.endservent();
}

struct servent *wrap_getservbyname(const char *name, const char *protocol)
{
    UNSAFE(getservbyname, 0, {
        TEXT_OF(name);
        TEXT_OF(protocol);
    });
    return real.getservbyname(name, protocol);
}

struct servent *wrap_getservbyport(int port, const char *protocol)
{
    UNSAFE(getservbyport, 0, { TEXT_OF(protocol); });
    return real.getservbyport(port, protocol);
}

void wrap_setprotoent(int stay)
{
    UNSAFE(setprotoent, 0, {});
    real.setprotoent(stay);
}

struct protoent *wrap_getprotoent(void)
{
    UNSAFE(getprotoent, 0, {});
    return real.getprotoent();
}

void wrap_endprotoent(void)
{
    UNSAFE(endprotoent, 0, {});
    real.endprotoent();
}

struct protoent *wrap_getprotobyname(const char *name)
{
    UNSAFE(getprotobyname, 0, { TEXT_OF(name); });
    return real.getprotobyname(name);
}

struct protoent *wrap_getprotobynumber(int number)
{
    UNSAFE(getprotobynumber, 0, {});
    return real.getprotobynumber(number);
}

void wrap_sethostent(int stay)
{
    UNSAFE(sethostent, 0, {});
    real.sethostent(stay);
}

struct hostent *wrap_gethostent(void)
{
    UNSAFE(gethostent, 0, {});
    return real.gethostent();
}

void wrap_endhostent(void)
{
    UNSAFE(endhostent, 0, {});
    real.endhostent();
}

struct hostent *wrap_gethostbyname(const char *name)
{
    UNSAFE(gethostbyname, 0, { TEXT_OF(name); });
    return real.gethostbyname(name);
}

struct hostent *wrap_gethostbyname2(const char *name, int family)
{
    UNSAFE(gethostbyname2, 0, { TEXT_OF(name); });
    return real.gethostbyname2(name, family);
}

struct hostent *wrap_gethostbyaddr(const void *address, socklen_t size, int family)
{
    UNSAFE(gethostbyaddr, 0, {});
    return real.gethostbyaddr(address, size, family);
}

void wrap_setnetent(int stay)
{
    UNSAFE(setnetent, 0, {});
    real.setnetent(stay);
}

struct netent *wrap_getnetent(void)
{
    UNSAFE(getnetent, 0, {});
    return real.getnetent();
}

void wrap_endnetent(void)
{
    UNSAFE(endnetent, 0, {});
    real.endnetent();
}

struct netent *wrap_getnetbyname(const char *name)
{
    UNSAFE(getnetbyname, 0, { TEXT_OF(name); });
    return real.getnetbyname(name);
}

struct netent *wrap_getnetbyaddr(uint32_t net, int type)
{
    UNSAFE(getnetbyaddr, 0, {});
    return real.getnetbyaddr(net, type);
}

void wrap_setrpcent(int stay)
{
    UNSAFE(setrpcent, 0, {});
    real.setrpcent(stay);
}

struct rpcent *wrap_getrpcent(void)
{
    UNSAFE(getrpcent, 0, {});
    return real.getrpcent();
}

void wrap_endrpcent(void)
{
    UNSAFE(endrpcent, 0, {});
    real.endrpcent();
}

struct rpcent *wrap_getrpcbyname(const char *name)
{
    UNSAFE(getrpcbyname, 0, { TEXT_OF(name); });
    return real.getrpcbyname(name);
}

struct rpcent *wrap_getrpcbynumber(int number)
{
    UNSAFE(getrpcbynumber, 0, {});
    return real.getrpcbynumber(number);
}

/* Asking for the name of the locale changes nothing. */
char *wrap_setlocale(int category, const char *locale)
{
    if (locale)
        UNSAFE(setlocale, 0, { TEXT_OF(locale); });
    return real.setlocale(category, locale);
}

char *wrap_tmpnam(char *buffer)
{
    if (!buffer)
        UNSAFE(tmpnam, 0, {});
    return real.tmpnam(buffer);
}

/* ---- directories: the entry that is returned lies in the directory's own buffer */

struct dirent *wrap_readdir(DIR *directory)
{
    directory_use(directory, "readdir", FRAME);
    UNSAFE(readdir, directory, {});
    return real.readdir(directory);
}

struct dirent64 *wrap_readdir64(DIR *directory)
{
    directory_use(directory, "readdir64", FRAME);
    UNSAFE(readdir64, directory, {});
    return real.readdir64(directory);
}
