/*
 * Entries of databases (users, groups, hosts, services …) that lie in memory of the caller: what is
 * looked for is read; the struct, the pointer to it and the entry's name are written.
 */
#include <aliases.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <rpc/netdb.h>

#include "interpose/access.h"
#include "interpose/resources.h"

static __attribute__((noinline)) void entry(const char *key, const void *to, size_t size,
                                            const void *const *ret_at, const char *name,
                                            const void *frame)
{
    access_read(key, text_size(key), frame);
    access_write(ret_at, sizeof *ret_at, frame);
    if (*ret_at) {
        access_write(to, size, frame);
        access_write(name, text_size(name), frame);
    }
}

#define ENTRY(key, to, name)                                                                       \
    entry(key, to, sizeof *(to), (const void *const *)ret_entry, (to)->name, FRAME)

/* clang-format off */

/* ---- users and groups */
int wrap_getpwnam_r(const char *key, struct passwd *to, char *room, size_t size, struct passwd **ret_entry)
TELLS_AFTER(real.getpwnam_r(key, to, room, size, ret_entry), ENTRY(key, to, pw_name))
int wrap_getpwuid_r(uid_t key, struct passwd *to, char *room, size_t size, struct passwd **ret_entry)
TELLS_AFTER(real.getpwuid_r(key, to, room, size, ret_entry), ENTRY(NULL, to, pw_name))
int wrap_getpwent_r(struct passwd *to, char *room, size_t size, struct passwd **ret_entry)
TELLS_AFTER(real.getpwent_r(to, room, size, ret_entry), ENTRY(NULL, to, pw_name))
int wrap_fgetpwent_r(FILE *stream, struct passwd *to, char *room, size_t size, struct passwd **ret_entry)
TELLS_AFTER(real.fgetpwent_r(stream, to, room, size, ret_entry), ENTRY(NULL, to, pw_name))
int wrap_getgrnam_r(const char *key, struct group *to, char *room, size_t size, struct group **ret_entry)
TELLS_AFTER(real.getgrnam_r(key, to, room, size, ret_entry), ENTRY(key, to, gr_name))
int wrap_getgrgid_r(gid_t key, struct group *to, char *room, size_t size, struct group **ret_entry)
TELLS_AFTER(real.getgrgid_r(key, to, room, size, ret_entry), ENTRY(NULL, to, gr_name))
int wrap_getgrent_r(struct group *to, char *room, size_t size, struct group **ret_entry)
TELLS_AFTER(real.getgrent_r(to, room, size, ret_entry), ENTRY(NULL, to, gr_name))
int wrap_fgetgrent_r(FILE *stream, struct group *to, char *room, size_t size, struct group **ret_entry)
TELLS_AFTER(real.fgetgrent_r(stream, to, room, size, ret_entry), ENTRY(NULL, to, gr_name))
int wrap_getspnam_r(const char *key, struct spwd *to, char *room, size_t size, struct spwd **ret_entry)
TELLS_AFTER(real.getspnam_r(key, to, room, size, ret_entry), ENTRY(key, to, sp_namp))
int wrap_getspent_r(struct spwd *to, char *room, size_t size, struct spwd **ret_entry)
TELLS_AFTER(real.getspent_r(to, room, size, ret_entry), ENTRY(NULL, to, sp_namp))
int wrap_sgetspent_r(const char *key, struct spwd *to, char *room, size_t size, struct spwd **ret_entry)
TELLS_AFTER(real.sgetspent_r(key, to, room, size, ret_entry), ENTRY(key, to, sp_namp))
int wrap_fgetspent_r(FILE *stream, struct spwd *to, char *room, size_t size, struct spwd **ret_entry)
TELLS_AFTER(real.fgetspent_r(stream, to, room, size, ret_entry), ENTRY(NULL, to, sp_namp))
int wrap_getgrouplist(const char *user, gid_t group, gid_t *to, int *count)
{
    int room = *count, result = real.getgrouplist(user, group, to, count);
    if (access_watched()) {
        TEXT(user);
        access_copy(count, count, sizeof *count, FRAME);
        WRITES(to, (size_t)(*count < room ? *count : room) * sizeof *to);
    }
    return result;
}

/* ---- hosts, networks, services, protocols, RPC programs, aliases */
int wrap_gethostbyname_r(const char *key, struct hostent *to, char *room, size_t size,
                         struct hostent **ret_entry, int *ret_error)
TELLS_AFTER(real.gethostbyname_r(key, to, room, size, ret_entry, ret_error), ENTRY(key, to, h_name))
int wrap_gethostbyname2_r(const char *key, int family, struct hostent *to, char *room, size_t size,
                          struct hostent **ret_entry, int *ret_error)
TELLS_AFTER(real.gethostbyname2_r(key, family, to, room, size, ret_entry, ret_error), ENTRY(key, to, h_name))
int wrap_gethostbyaddr_r(const void *key, socklen_t key_size, int family, struct hostent *to, char *room,
                         size_t size, struct hostent **ret_entry, int *ret_error)
TELLS_AFTER(real.gethostbyaddr_r(key, key_size, family, to, room, size, ret_entry, ret_error),
            READS(key, key_size); ENTRY(NULL, to, h_name))
int wrap_gethostent_r(struct hostent *to, char *room, size_t size, struct hostent **ret_entry, int *ret_error)
TELLS_AFTER(real.gethostent_r(to, room, size, ret_entry, ret_error), ENTRY(NULL, to, h_name))
int wrap_getnetbyname_r(const char *key, struct netent *to, char *room, size_t size,
                        struct netent **ret_entry, int *ret_error)
TELLS_AFTER(real.getnetbyname_r(key, to, room, size, ret_entry, ret_error), ENTRY(key, to, n_name))
int wrap_getnetbyaddr_r(uint32_t key, int family, struct netent *to, char *room, size_t size,
                        struct netent **ret_entry, int *ret_error)
TELLS_AFTER(real.getnetbyaddr_r(key, family, to, room, size, ret_entry, ret_error), ENTRY(NULL, to, n_name))
int wrap_getnetent_r(struct netent *to, char *room, size_t size, struct netent **ret_entry, int *ret_error)
TELLS_AFTER(real.getnetent_r(to, room, size, ret_entry, ret_error), ENTRY(NULL, to, n_name))
int wrap_getservbyname_r(const char *key, const char *protocol, struct servent *to, char *room, size_t size,
                         struct servent **ret_entry)
TELLS_AFTER(real.getservbyname_r(key, protocol, to, room, size, ret_entry),
            TEXT(protocol); ENTRY(key, to, s_name))
int wrap_getservbyport_r(int key, const char *protocol, struct servent *to, char *room, size_t size,
                         struct servent **ret_entry)
TELLS_AFTER(real.getservbyport_r(key, protocol, to, room, size, ret_entry), ENTRY(protocol, to, s_name))
int wrap_getservent_r(struct servent *to, char *room, size_t size, struct servent **ret_entry)
TELLS_AFTER(real.getservent_r(to, room, size, ret_entry), ENTRY(NULL, to, s_name))
int wrap_getprotobyname_r(const char *key, struct protoent *to, char *room, size_t size, struct protoent **ret_entry)
TELLS_AFTER(real.getprotobyname_r(key, to, room, size, ret_entry), ENTRY(key, to, p_name))
int wrap_getprotobynumber_r(int key, struct protoent *to, char *room, size_t size, struct protoent **ret_entry)
TELLS_AFTER(real.getprotobynumber_r(key, to, room, size, ret_entry), ENTRY(NULL, to, p_name))
int wrap_getprotoent_r(struct protoent *to, char *room, size_t size, struct protoent **ret_entry)
TELLS_AFTER(real.getprotoent_r(to, room, size, ret_entry), ENTRY(NULL, to, p_name))
int wrap_getrpcbyname_r(const char *key, struct rpcent *to, char *room, size_t size, struct rpcent **ret_entry)
TELLS_AFTER(real.getrpcbyname_r(key, to, room, size, ret_entry), ENTRY(key, to, r_name))
int wrap_getrpcbynumber_r(int key, struct rpcent *to, char *room, size_t size, struct rpcent **ret_entry)
TELLS_AFTER(real.getrpcbynumber_r(key, to, room, size, ret_entry), ENTRY(NULL, to, r_name))
int wrap_getrpcent_r(struct rpcent *to, char *room, size_t size, struct rpcent **ret_entry)
TELLS_AFTER(real.getrpcent_r(to, room, size, ret_entry), ENTRY(NULL, to, r_name))
int wrap_getaliasbyname_r(const char *key, struct aliasent *to, char *room, size_t size, struct aliasent **ret_entry)
TELLS_AFTER(real.getaliasbyname_r(key, to, room, size, ret_entry), ENTRY(key, to, alias_name))
int wrap_getaliasent_r(struct aliasent *to, char *room, size_t size, struct aliasent **ret_entry)
TELLS_AFTER(real.getaliasent_r(to, room, size, ret_entry), ENTRY(NULL, to, alias_name))

/* ---- login records, mounts */
#define RECORD(to) WRITES(ret_entry, sizeof *ret_entry); WRITES(to, *ret_entry ? sizeof *(to) : 0)
int wrap_getutent_r(struct utmp *to, struct utmp **ret_entry)
TELLS_AFTER(real.getutent_r(to, ret_entry), RECORD(to))
int wrap_getutid_r(const struct utmp *key, struct utmp *to, struct utmp **ret_entry)
TELLS_AFTER(real.getutid_r(key, to, ret_entry), READS(key, sizeof *key); RECORD(to))
int wrap_getutline_r(const struct utmp *key, struct utmp *to, struct utmp **ret_entry)
TELLS_AFTER(real.getutline_r(key, to, ret_entry), READS(key, sizeof *key); RECORD(to))
struct mntent *wrap_getmntent_r(FILE *stream, struct mntent *to, char *room, int size)
TELLS_AFTER(real.getmntent_r(stream, to, room, size),
            WRITES(to, result ? sizeof *to : 0); if (result) MADE(to->mnt_fsname))

/* ---- interfaces, and names of addresses */
unsigned wrap_if_nametoindex(const char *name)
TELLS_AFTER(real.if_nametoindex(name), TEXT(name))
char *wrap_if_indextoname(unsigned index, char *to)
TELLS_AFTER(real.if_indextoname(index, to), MADE(result))
/* clang-format on */

static __attribute__((noinline)) void named(const void *address, size_t size, const char *host,
                                            const char *service, const void *frame)
{
    access_read(address, size, frame);
    access_write(host, text_size(host), frame);
    access_write(service, text_size(service), frame);
}

int wrap_getnameinfo(const struct sockaddr *address, socklen_t size, char *host,
                     socklen_t host_size, char *service, socklen_t service_size, int flags)
{
    int result = real.getnameinfo(address, size, host, host_size, service, service_size, flags);
    if (access_watched())
        named(address, size, result || !host_size ? NULL : host,
              result || !service_size ? NULL : service, FRAME);
    return result;
}

static __attribute__((noinline)) void interfaces(struct ifaddrs *const *ret_list, const void *frame)
{
    access_write(ret_list, sizeof *ret_list, frame);
    for (const struct ifaddrs *at = *ret_list; at; at = at->ifa_next)
        access_write(at, sizeof *at, frame);
}

int wrap_getifaddrs(struct ifaddrs **ret_list)
{
    int result = real.getifaddrs(ret_list);
    if (access_watched() && result == 0)
        interfaces(ret_list, FRAME);
    if (result == 0)
        resource_made(HANDLE_KIND_INTERFACES, (uintptr_t)*ret_list, NULL, FRAME);
    return result;
}
