/* What the system says in text or numbers: names, paths, addresses, errors. */
#include <arpa/inet.h>
#include <sys/random.h>
#include <sys/utsname.h>

#include "interpose/access.h"
#include "interpose/resources.h"

static size_t address_size(int family)
{
    return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

/* clang-format off */
const char *wrap_inet_ntop(int family, const void *from, char *to, socklen_t size)
TELLS_AFTER(real.inet_ntop(family, from, to, size),
            access_copy_part(to, text_size(result), from, address_size(family), FRAME))
int wrap_inet_pton(int family, const char *text, void *to)
TELLS_AFTER(real.inet_pton(family, text, to),
            access_copy_part(to, result == 1 ? address_size(family) : 0, text, text_size(text), FRAME))
int wrap_inet_aton(const char *text, struct in_addr *to)
TELLS_AFTER(real.inet_aton(text, to),
            access_copy_part(to, result && to ? sizeof *to : 0, text, text_size(text), FRAME))
in_addr_t wrap_inet_addr(const char *text)
TELLS_BEFORE(real.inet_addr(text), access_read(text, text_size(text), FRAME))
char *wrap_getcwd(char *to, size_t size)
TELLS_AFTER(real.getcwd(to, size), access_write(result, text_size(result), FRAME))
char *wrap___getcwd_chk(char *to, size_t size, size_t room)
TELLS_AFTER(real.__getcwd_chk(to, size, room), access_write(result, text_size(result), FRAME))
char *wrap_realpath(const char *path, char *to)
TELLS_AFTER(real.realpath(path, to), access_copy_part(result, text_size(result), path, text_size(path), FRAME))
char *wrap___realpath_chk(const char *path, char *to, size_t room)
TELLS_AFTER(real.__realpath_chk(path, to, room),
            access_copy_part(result, text_size(result), path, text_size(path), FRAME))
char *wrap_canonicalize_file_name(const char *path)
TELLS_AFTER(real.canonicalize_file_name(path),
            access_copy_part(result, text_size(result), path, text_size(path), FRAME))
ssize_t wrap_readlink(const char *path, char *to, size_t size)
TELLS_AFTER(real.readlink(path, to, size), PATH(path); MOVED(to))
ssize_t wrap___readlink_chk(const char *path, char *to, size_t size, size_t room)
TELLS_AFTER(real.__readlink_chk(path, to, size, room), PATH(path); MOVED(to))
ssize_t wrap_readlinkat(int folder, const char *path, char *to, size_t size)
USING(folder, real.readlinkat(folder, path, to, size), PATH(path); MOVED(to))
ssize_t wrap___readlinkat_chk(int folder, const char *path, char *to, size_t size, size_t room)
USING(folder, real.__readlinkat_chk(folder, path, to, size, room), PATH(path); MOVED(to))
/* The text may lie in libc: only in the buffer it was written. */
char *wrap_strerror_r(int error, char *to, size_t size)
TELLS_AFTER(real.strerror_r(error, to, size), access_write(result, result == to ? text_size(result) : 0, FRAME))
char *wrap___strerror_r(int error, char *to, size_t size)
TELLS_AFTER(real.__strerror_r(error, to, size),
            access_write(result, result == to ? text_size(result) : 0, FRAME))
int wrap___xpg_strerror_r(int error, char *to, size_t size)
TELLS_AFTER(real.__xpg_strerror_r(error, to, size), access_write(to, size ? text_size(to) : 0, FRAME))
int wrap_gethostname(char *to, size_t size)
TELLS_AFTER(real.gethostname(to, size), access_write(to, result == 0 ? text_size(to) : 0, FRAME))
int wrap_getdomainname(char *to, size_t size)
TELLS_AFTER(real.getdomainname(to, size), access_write(to, result == 0 ? text_size(to) : 0, FRAME))
int wrap_ttyname_r(int fd, char *to, size_t size)
TELLS_AFTER(real.ttyname_r(fd, to, size), access_write(to, result == 0 ? text_size(to) : 0, FRAME))
int wrap_ptsname_r(int fd, char *to, size_t size)
TELLS_AFTER(real.ptsname_r(fd, to, size), access_write(to, result == 0 ? text_size(to) : 0, FRAME))
int wrap_getlogin_r(char *to, size_t size)
TELLS_AFTER(real.getlogin_r(to, size), access_write(to, result == 0 ? text_size(to) : 0, FRAME))
int wrap_uname(struct utsname *ret_names)
TELLS_AFTER(real.uname(ret_names), access_write(ret_names, result == 0 ? sizeof *ret_names : 0, FRAME))
ssize_t wrap_getrandom(void *to, size_t size, unsigned flags)
TELLS_AFTER(real.getrandom(to, size, flags), access_write(to, result > 0 ? (size_t)result : 0, FRAME))
int wrap_getentropy(void *to, size_t size)
TELLS_AFTER(real.getentropy(to, size), access_write(to, result == 0 ? size : 0, FRAME))
/* clang-format on */

static __attribute__((noinline)) void looked_up(const char *host, const char *service,
                                                const struct addrinfo *hints,
                                                struct addrinfo **ret_list, bool found,
                                                const void *frame)
{
    access_read_both(host, text_size(host), service, text_size(service), frame);
    access_copy_part(ret_list, found ? sizeof *ret_list : 0, hints, hints ? sizeof *hints : 0,
                     frame);
    for (struct addrinfo *at = found ? *ret_list : NULL; at; at = at->ai_next) {
        access_write(at, sizeof *at, frame);
        access_write(at->ai_addr, at->ai_addrlen, frame);
        access_write(at->ai_canonname, text_size(at->ai_canonname), frame);
    }
}

int wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                     struct addrinfo **ret_list)
{
    int result = real.getaddrinfo(host, service, hints, ret_list);
    if (access_watched())
        looked_up(host, service, hints, ret_list, result == 0, FRAME);
    if (result == 0)
        resource_made(HANDLE_KIND_ADDRESSES, (uintptr_t)*ret_list, host, FRAME);
    return result;
}

/* ---- as _FORTIFY_SOURCE has some of the above */
/* clang-format off */
int wrap___gethostname_chk(char *to, size_t size, size_t room)
TELLS_AFTER(real.__gethostname_chk(to, size, room), if (result == 0) MADE(to))
int wrap___getdomainname_chk(char *to, size_t size, size_t room)
TELLS_AFTER(real.__getdomainname_chk(to, size, room), if (result == 0) MADE(to))
int wrap___getlogin_r_chk(char *to, size_t size, size_t room)
TELLS_AFTER(real.__getlogin_r_chk(to, size, room), if (result == 0) MADE(to))
int wrap___ttyname_r_chk(int fd, char *to, size_t size, size_t room)
ASKS(fd, real.__ttyname_r_chk(fd, to, size, room), if (result == 0) MADE(to))
int wrap___ptsname_r_chk(int fd, char *to, size_t size, size_t room)
ASKS(fd, real.__ptsname_r_chk(fd, to, size, room), if (result == 0) MADE(to))
