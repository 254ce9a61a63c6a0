/*
 * Functions with hidden state (detect/unsafe_call.def), one row each. None of them may be called in
 * a signal handler. What they read and write of the program's own memory is told too.
 */
#include <errno.h>
#include <netinet/ether.h>

#include "detect/handler_misuse.h"
#include "detect/unsafe_call.h"
#include "interpose/access.h"
#include "interpose/directory.h"
#include "interpose/resources.h"

/* True when accesses are watched. frame: the wrapper's. */
static __attribute__((noinline)) bool called(enum unsafe_call call, const char *name,
                                             uintptr_t object, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return false;
    bool watched = access_watched();
    handler_unsafe_call(self, name, frame);
    if (watched)
        unsafe_call(self, call, object, frame);
    guard_leave(self);
    return watched;
}

#define CALLED(name, object)                                                                       \
    (access_wanted() && called(UNSAFE_##name, #name, (uintptr_t)(object), FRAME))

/* The body of a wrapper. touched: statements as those of TELLS_BEFORE. */
#define HIDDEN(name, arguments, touched)                                                           \
    {                                                                                              \
        if (CALLED(name, 0)) {                                                                     \
            touched;                                                                               \
        }                                                                                          \
        return real.name arguments;                                                                \
    }
#define NOTHING (void)0
#define POINT_AND_SIGN                                                                             \
    WRITES(ret_point, sizeof *ret_point);                                                          \
    WRITES(ret_sign, sizeof *ret_sign)

/* clang-format off */
/* ---- times */
char *wrap_asctime(const struct tm *time)
HIDDEN(asctime, (time), READS(time, sizeof *time))
char *wrap_ctime(const time_t *time)
HIDDEN(ctime, (time), READS(time, sizeof *time))
struct tm *wrap_localtime(const time_t *time)
HIDDEN(localtime, (time), READS(time, sizeof *time))
struct tm *wrap_gmtime(const time_t *time)
HIDDEN(gmtime, (time), READS(time, sizeof *time))

/* ---- the environment */
int wrap_unsetenv(const char *name)
HIDDEN(unsetenv, (name), TEXT(name))
int wrap_putenv(char *entry)
HIDDEN(putenv, (entry), TEXT(entry))
int wrap_clearenv(void)
HIDDEN(clearenv, (), NOTHING)
int wrap_setenv(const char *name, const char *value, int replace)
HIDDEN(setenv, (name, value, replace), TEXTS(name, value))
char *wrap_getenv(const char *name)
HIDDEN(getenv, (name), TEXT(name))
char *wrap_secure_getenv(const char *name)
HIDDEN(secure_getenv, (name), TEXT(name))
char *wrap___secure_getenv(const char *name)
HIDDEN(__secure_getenv, (name), TEXT(name))

/* ---- the locale */
struct lconv *wrap_localeconv(void)
HIDDEN(localeconv, (), NOTHING)
char *wrap_nl_langinfo(nl_item item)
HIDDEN(nl_langinfo, (item), NOTHING)

/* ---- random numbers */
double wrap_drand48(void)
HIDDEN(drand48, (), NOTHING)
long wrap_lrand48(void)
HIDDEN(lrand48, (), NOTHING)
long wrap_mrand48(void)
HIDDEN(mrand48, (), NOTHING)
void wrap_srand48(long seed)
HIDDEN(srand48, (seed), NOTHING)
unsigned short *wrap_seed48(unsigned short *seed)
HIDDEN(seed48, (seed), READS(seed, 6))
void wrap_lcong48(unsigned short *parameters)
HIDDEN(lcong48, (parameters), READS(parameters, 14))
double wrap_erand48(unsigned short *state)
HIDDEN(erand48, (state), READS(state, 6); WRITES(state, 6))
long wrap_nrand48(unsigned short *state)
HIDDEN(nrand48, (state), READS(state, 6); WRITES(state, 6))
long wrap_jrand48(unsigned short *state)
HIDDEN(jrand48, (state), READS(state, 6); WRITES(state, 6))

/* ---- terminals and users by name */
char *wrap_ptsname(int fd)
HIDDEN(ptsname, (fd), NOTHING)
char *wrap_ttyname(int fd)
HIDDEN(ttyname, (fd), NOTHING)
char *wrap_getlogin(void)
HIDDEN(getlogin, (), NOTHING)

/* ---- numbers into text */
char *wrap_ecvt(double value, int digits, int *ret_point, int *ret_sign)
HIDDEN(ecvt, (value, digits, ret_point, ret_sign), POINT_AND_SIGN)
char *wrap_fcvt(double value, int digits, int *ret_point, int *ret_sign)
HIDDEN(fcvt, (value, digits, ret_point, ret_sign), POINT_AND_SIGN)
char *wrap_qecvt(long double value, int digits, int *ret_point, int *ret_sign)
HIDDEN(qecvt, (value, digits, ret_point, ret_sign), POINT_AND_SIGN)
char *wrap_qfcvt(long double value, int digits, int *ret_point, int *ret_sign)
HIDDEN(qfcvt, (value, digits, ret_point, ret_sign), POINT_AND_SIGN)
char *wrap_l64a(long value)
HIDDEN(l64a, (value), NOTHING)

/* ---- the table of hsearch */
ENTRY *wrap_hsearch(ENTRY entry, ACTION action)
HIDDEN(hsearch, (entry, action), TEXT(entry.key))
int wrap_hcreate(size_t count)
HIDDEN(hcreate, (count), NOTHING)
void wrap_hdestroy(void)
HIDDEN(hdestroy, (), NOTHING)

/* ---- positions in text */
int wrap_getopt(int count, char *const *arguments, const char *options)
HIDDEN(getopt, (count, arguments, options), NOTHING)
int wrap_getopt_long(int count, char *const *arguments, const char *options, const void *long_options,
                          int *ret_index)
HIDDEN(getopt_long, (count, arguments, options, long_options, ret_index), NOTHING)
int wrap_getopt_long_only(int count, char *const *arguments, const char *options, const void *long_options,
                          int *ret_index)
HIDDEN(getopt_long_only, (count, arguments, options, long_options, ret_index), NOTHING)
struct tm *wrap_getdate(const char *text)
HIDDEN(getdate, (text), TEXT(text))

/* ---- mounts, login records */
struct mntent *wrap_getmntent(FILE *stream)
HIDDEN(getmntent, (stream), NOTHING)
struct utmp *wrap_getutent(void)
HIDDEN(getutent, (), NOTHING)
struct utmp *wrap_getutid(const struct utmp *id)
HIDDEN(getutid, (id), READS(id, sizeof *id))
struct utmp *wrap_getutline(const struct utmp *line)
HIDDEN(getutline, (line), READS(line, sizeof *line))
struct utmp *wrap_pututline(const struct utmp *line)
HIDDEN(pututline, (line), READS(line, sizeof *line))
void wrap_setutent(void)
HIDDEN(setutent, (), NOTHING)
void wrap_endutent(void)
HIDDEN(endutent, (), NOTHING)
int wrap_utmpname(const char *path)
HIDDEN(utmpname, (path), TEXT(path))
struct utmpx *wrap_getutxent(void)
HIDDEN(getutxent, (), NOTHING)
struct utmpx *wrap_getutxid(const struct utmpx *id)
HIDDEN(getutxid, (id), READS(id, sizeof *id))
struct utmpx *wrap_getutxline(const struct utmpx *line)
HIDDEN(getutxline, (line), READS(line, sizeof *line))
struct utmpx *wrap_pututxline(const struct utmpx *line)
HIDDEN(pututxline, (line), READS(line, sizeof *line))
void wrap_setutxent(void)
HIDDEN(setutxent, (), NOTHING)
void wrap_endutxent(void)
HIDDEN(endutxent, (), NOTHING)
int wrap_utmpxname(const char *path)
HIDDEN(utmpxname, (path), TEXT(path))

/* ---- tables of the system */
int wrap_setfsent(void)
HIDDEN(setfsent, (), NOTHING)
struct fstab *wrap_getfsent(void)
HIDDEN(getfsent, (), NOTHING)
struct fstab *wrap_getfsspec(const char *name)
HIDDEN(getfsspec, (name), TEXT(name))
struct fstab *wrap_getfsfile(const char *name)
HIDDEN(getfsfile, (name), TEXT(name))
void wrap_endfsent(void)
HIDDEN(endfsent, (), NOTHING)
int wrap_setttyent(void)
HIDDEN(setttyent, (), NOTHING)
struct ttyent *wrap_getttyent(void)
HIDDEN(getttyent, (), NOTHING)
struct ttyent *wrap_getttynam(const char *name)
HIDDEN(getttynam, (name), TEXT(name))
int wrap_endttyent(void)
HIDDEN(endttyent, (), NOTHING)
void wrap_setusershell(void)
HIDDEN(setusershell, (), NOTHING)
char *wrap_getusershell(void)
HIDDEN(getusershell, (), NOTHING)
void wrap_endusershell(void)
HIDDEN(endusershell, (), NOTHING)

/* ---- expressions, addresses */
char *wrap_re_comp(const char *expression)
HIDDEN(re_comp, (expression), TEXT(expression))
int wrap_re_exec(const char *text)
HIDDEN(re_exec, (text), TEXT(text))
char *wrap_ether_ntoa(const struct ether_addr *address)
HIDDEN(ether_ntoa, (address), READS(address, sizeof *address))
struct ether_addr *wrap_ether_aton(const char *text)
HIDDEN(ether_aton, (text), TEXT(text))

/* ---- users and groups */
void wrap_setpwent(void)
HIDDEN(setpwent, (), NOTHING)
struct passwd *wrap_getpwent(void)
HIDDEN(getpwent, (), NOTHING)
void wrap_endpwent(void)
HIDDEN(endpwent, (), NOTHING)
struct passwd *wrap_getpwnam(const char *name)
HIDDEN(getpwnam, (name), TEXT(name))
struct passwd *wrap_getpwuid(uid_t id)
HIDDEN(getpwuid, (id), NOTHING)
struct passwd *wrap_fgetpwent(FILE *stream)
HIDDEN(fgetpwent, (stream), NOTHING)
void wrap_setgrent(void)
HIDDEN(setgrent, (), NOTHING)
struct group *wrap_getgrent(void)
HIDDEN(getgrent, (), NOTHING)
void wrap_endgrent(void)
HIDDEN(endgrent, (), NOTHING)
struct group *wrap_getgrnam(const char *name)
HIDDEN(getgrnam, (name), TEXT(name))
struct group *wrap_getgrgid(gid_t id)
HIDDEN(getgrgid, (id), NOTHING)
struct group *wrap_fgetgrent(FILE *stream)
HIDDEN(fgetgrent, (stream), NOTHING)
void wrap_setspent(void)
HIDDEN(setspent, (), NOTHING)
struct spwd *wrap_getspent(void)
HIDDEN(getspent, (), NOTHING)
void wrap_endspent(void)
HIDDEN(endspent, (), NOTHING)
struct spwd *wrap_getspnam(const char *name)
HIDDEN(getspnam, (name), TEXT(name))
struct spwd *wrap_sgetspent(const char *text)
HIDDEN(sgetspent, (text), TEXT(text))
struct spwd *wrap_fgetspent(FILE *stream)
HIDDEN(fgetspent, (stream), NOTHING)

/* ---- services, protocols */
void wrap_setservent(int stay)
HIDDEN(setservent, (stay), NOTHING)
struct servent *wrap_getservent(void)
HIDDEN(getservent, (), NOTHING)
void wrap_endservent(void)
HIDDEN(endservent, (), NOTHING)
struct servent *wrap_getservbyname(const char *name, const char *protocol)
HIDDEN(getservbyname, (name, protocol), TEXTS(name, protocol))
struct servent *wrap_getservbyport(int port, const char *protocol)
HIDDEN(getservbyport, (port, protocol), TEXT(protocol))
void wrap_setprotoent(int stay)
HIDDEN(setprotoent, (stay), NOTHING)
struct protoent *wrap_getprotoent(void)
HIDDEN(getprotoent, (), NOTHING)
void wrap_endprotoent(void)
HIDDEN(endprotoent, (), NOTHING)
struct protoent *wrap_getprotobyname(const char *name)
HIDDEN(getprotobyname, (name), TEXT(name))
struct protoent *wrap_getprotobynumber(int number)
HIDDEN(getprotobynumber, (number), NOTHING)

/* ---- hosts, networks, RPC programs */
void wrap_sethostent(int stay)
HIDDEN(sethostent, (stay), NOTHING)
struct hostent *wrap_gethostent(void)
HIDDEN(gethostent, (), NOTHING)
void wrap_endhostent(void)
HIDDEN(endhostent, (), NOTHING)
struct hostent *wrap_gethostbyname(const char *name)
HIDDEN(gethostbyname, (name), TEXT(name))
struct hostent *wrap_gethostbyname2(const char *name, int family)
HIDDEN(gethostbyname2, (name, family), TEXT(name))
struct hostent *wrap_gethostbyaddr(const void *address, socklen_t size, int family)
HIDDEN(gethostbyaddr, (address, size, family), READS(address, size))
void wrap_setnetent(int stay)
HIDDEN(setnetent, (stay), NOTHING)
struct netent *wrap_getnetent(void)
HIDDEN(getnetent, (), NOTHING)
void wrap_endnetent(void)
HIDDEN(endnetent, (), NOTHING)
struct netent *wrap_getnetbyname(const char *name)
HIDDEN(getnetbyname, (name), TEXT(name))
struct netent *wrap_getnetbyaddr(uint32_t net, int type)
HIDDEN(getnetbyaddr, (net, type), NOTHING)
void wrap_setrpcent(int stay)
HIDDEN(setrpcent, (stay), NOTHING)
struct rpcent *wrap_getrpcent(void)
HIDDEN(getrpcent, (), NOTHING)
void wrap_endrpcent(void)
HIDDEN(endrpcent, (), NOTHING)
struct rpcent *wrap_getrpcbyname(const char *name)
HIDDEN(getrpcbyname, (name), TEXT(name))
struct rpcent *wrap_getrpcbynumber(int number)
HIDDEN(getrpcbynumber, (number), NOTHING)

/* ---- aliases, netgroups, shadow groups */
void wrap_setaliasent(void)
HIDDEN(setaliasent, (), NOTHING)
struct aliasent *wrap_getaliasent(void)
HIDDEN(getaliasent, (), NOTHING)
void wrap_endaliasent(void)
HIDDEN(endaliasent, (), NOTHING)
struct aliasent *wrap_getaliasbyname(const char *name)
HIDDEN(getaliasbyname, (name), TEXT(name))
int wrap_setnetgrent(const char *name)
HIDDEN(setnetgrent, (name), TEXT(name))
int wrap_getnetgrent(char **ret_host, char **ret_user, char **ret_domain)
HIDDEN(getnetgrent, (ret_host, ret_user, ret_domain), NOTHING)
void wrap_endnetgrent(void)
HIDDEN(endnetgrent, (), NOTHING)
void wrap_setsgent(void)
HIDDEN(setsgent, (), NOTHING)
struct sgrp *wrap_getsgent(void)
HIDDEN(getsgent, (), NOTHING)
void wrap_endsgent(void)
HIDDEN(endsgent, (), NOTHING)
struct sgrp *wrap_getsgnam(const char *name)
HIDDEN(getsgnam, (name), TEXT(name))
struct sgrp *wrap_sgetsgent(const char *text)
HIDDEN(sgetsgent, (text), TEXT(text))
struct sgrp *wrap_fgetsgent(FILE *stream)
HIDDEN(fgetsgent, (stream), NOTHING)
char *wrap_inet_nsap_ntoa(int size, const unsigned char *address, char *to)
HIDDEN(inet_nsap_ntoa, (size, address, to), READS(address, size > 0 ? (size_t)size : 0))
/* clang-format on */

/* Asking for the name of the locale changes nothing. */
char *wrap_setlocale(int category, const char *locale)
{
    if (locale && CALLED(setlocale, 0))
        TEXT(locale);
    return real.setlocale(category, locale);
}

/* Into memory of the caller's it has no state. */
char *wrap_tmpnam(char *to)
{
    if (!to)
        (void)CALLED(tmpnam, 0);
    char *result = real.tmpnam(to);
    if (access_watched() && to)
        MADE(result);
    if (result)
        resource_named(HANDLE_KIND_NAME_FILE, result, FRAME);
    return result;
}

char *wrap_cuserid(char *to)
{
    if (!to)
        (void)CALLED(cuserid, 0);
    char *result = real.cuserid(to);
    if (access_watched() && to)
        MADE(result);
    return result;
}

/* The entry that is returned lies in the directory's own buffer. */
struct dirent *wrap_readdir(DIR *directory)
{
    directory_use(directory, "readdir", FRAME);
    (void)CALLED(readdir, directory);
    return real.readdir(directory);
}

struct dirent64 *wrap_readdir64(DIR *directory)
{
    directory_use(directory, "readdir64", FRAME);
    (void)CALLED(readdir64, directory);
    return real.readdir64(directory);
}
