/* What the system says in text or numbers: names, paths, addresses, errors. */
#include <arpa/inet.h>
#include <sys/random.h>
#include <sys/utsname.h>

#include "interpose/access.h"

static size_t address_size(int family)
{
    return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

const char *wrap_inet_ntop(int family, const void *from, char *to, socklen_t size)
{
    const char *result = real.inet_ntop(family, from, to, size);
    if (access_watched())
        access_copy_part(to, text_size(result), from, address_size(family), FRAME);
    return result;
}

int wrap_inet_pton(int family, const char *text, void *to)
{
    int result = real.inet_pton(family, text, to);
    if (access_watched())
        access_copy_part(to, result == 1 ? address_size(family) : 0, text, text_size(text), FRAME);
    return result;
}

int wrap_inet_aton(const char *text, struct in_addr *to)
{
    int result = real.inet_aton(text, to);
    if (access_watched())
        access_copy_part(to, result && to ? sizeof *to : 0, text, text_size(text), FRAME);
    return result;
}

in_addr_t wrap_inet_addr(const char *text)
{
    if (access_watched())
        access_read(text, text_size(text), FRAME);
    return real.inet_addr(text);
}

char *wrap_getcwd(char *to, size_t size)
{
    char *result = real.getcwd(to, size);
    if (access_watched())
        access_write(result, text_size(result), FRAME);
    return result;
}

char *wrap___getcwd_chk(char *to, size_t size, size_t room)
{
    char *result = real.__getcwd_chk(to, size, room);
    if (access_watched())
        access_write(result, text_size(result), FRAME);
    return result;
}

char *wrap_realpath(const char *path, char *to)
{
    char *result = real.realpath(path, to);
    if (access_watched())
        access_copy_part(result, text_size(result), path, text_size(path), FRAME);
    return result;
}

char *wrap___realpath_chk(const char *path, char *to, size_t room)
{
    char *result = real.__realpath_chk(path, to, room);
    if (access_watched())
        access_copy_part(result, text_size(result), path, text_size(path), FRAME);
    return result;
}

char *wrap_canonicalize_file_name(const char *path)
{
    char *result = real.canonicalize_file_name(path);
    if (access_watched())
        access_copy_part(result, text_size(result), path, text_size(path), FRAME);
    return result;
}

ssize_t wrap_readlink(const char *path, char *to, size_t size)
{
    ssize_t result = real.readlink(path, to, size);
    if (access_watched())
        access_copy_part(to, result > 0 ? (size_t)result : 0, path, text_size(path), FRAME);
    return result;
}

ssize_t wrap___readlink_chk(const char *path, char *to, size_t size, size_t room)
{
    ssize_t result = real.__readlink_chk(path, to, size, room);
    if (access_watched())
        access_copy_part(to, result > 0 ? (size_t)result : 0, path, text_size(path), FRAME);
    return result;
}

ssize_t wrap_readlinkat(int folder, const char *path, char *to, size_t size)
{
    ssize_t result = real.readlinkat(folder, path, to, size);
    if (access_watched())
        access_copy_part(to, result > 0 ? (size_t)result : 0, path, text_size(path), FRAME);
    return result;
}

ssize_t wrap___readlinkat_chk(int folder, const char *path, char *to, size_t size, size_t room)
{
    ssize_t result = real.__readlinkat_chk(folder, path, to, size, room);
    if (access_watched())
        access_copy_part(to, result > 0 ? (size_t)result : 0, path, text_size(path), FRAME);
    return result;
}

/* The text may lie in libc: only in the buffer it was written. */

char *wrap_strerror_r(int error, char *to, size_t size)
{
    char *result = real.strerror_r(error, to, size);
    if (access_watched())
        access_write(result, result == to ? text_size(result) : 0, FRAME);
    return result;
}

char *wrap___strerror_r(int error, char *to, size_t size)
{
    char *result = real.__strerror_r(error, to, size);
    if (access_watched())
        access_write(result, result == to ? text_size(result) : 0, FRAME);
    return result;
}

int wrap___xpg_strerror_r(int error, char *to, size_t size)
{
    int result = real.__xpg_strerror_r(error, to, size);
    if (access_watched())
        access_write(to, size ? text_size(to) : 0, FRAME);
    return result;
}

int wrap_gethostname(char *to, size_t size)
{
    int result = real.gethostname(to, size);
    if (access_watched())
        access_write(to, result == 0 ? text_size(to) : 0, FRAME);
    return result;
}

int wrap_getdomainname(char *to, size_t size)
{
    int result = real.getdomainname(to, size);
    if (access_watched())
        access_write(to, result == 0 ? text_size(to) : 0, FRAME);
    return result;
}

int wrap_ttyname_r(int fd, char *to, size_t size)
{
    int result = real.ttyname_r(fd, to, size);
    if (access_watched())
        access_write(to, result == 0 ? text_size(to) : 0, FRAME);
    return result;
}

int wrap_ptsname_r(int fd, char *to, size_t size)
{
    int result = real.ptsname_r(fd, to, size);
    if (access_watched())
        access_write(to, result == 0 ? text_size(to) : 0, FRAME);
    return result;
}

int wrap_getlogin_r(char *to, size_t size)
{
    int result = real.getlogin_r(to, size);
    if (access_watched())
        access_write(to, result == 0 ? text_size(to) : 0, FRAME);
    return result;
}

int wrap_uname(struct utsname *ret_names)
{
    int result = real.uname(ret_names);
    if (access_watched())
        access_write(ret_names, result == 0 ? sizeof *ret_names : 0, FRAME);
    return result;
}

ssize_t wrap_getrandom(void *to, size_t size, unsigned flags)
{
    ssize_t result = real.getrandom(to, size, flags);
    if (access_watched())
        access_write(to, result > 0 ? (size_t)result : 0, FRAME);
    return result;
}

int wrap_getentropy(void *to, size_t size)
{
    int result = real.getentropy(to, size);
    if (access_watched())
        access_write(to, result == 0 ? size : 0, FRAME);
    return result;
}

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
TELLS(USES(fd), real.__ttyname_r_chk(fd, to, size, room), if (result == 0) MADE(to))
int wrap___ptsname_r_chk(int fd, char *to, size_t size, size_t room)
TELLS(USES(fd), real.__ptsname_r_chk(fd, to, size, room), if (result == 0) MADE(to))
