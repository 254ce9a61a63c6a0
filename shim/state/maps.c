#include "state/maps.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "base/syscall.h"

int proc_open(const char *path)
{
    long fd = raw_syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (fd != -24 /* EMFILE */)
        return (int)fd;
    struct rlimit limit;
    if (raw_failed(raw_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit)) ||
        limit.rlim_cur >= limit.rlim_max)
        return (int)fd;
    struct rlimit more = {.rlim_cur = limit.rlim_cur + 1, .rlim_max = limit.rlim_max};
    raw_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &more, NULL);
    fd = raw_syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    raw_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
    return (int)fd;
}

/* Hexadecimal digits at *at; moves it behind them and behind the one character that must follow. */
static bool parse_hex(char **at, char follows, uintptr_t *ret_value)
{
    uintptr_t value = 0;
    char *from = *at, *p = from;
    for (;; p++) {
        if (*p >= '0' && *p <= '9')
            value = value << 4 | (uintptr_t)(*p - '0');
        else if (*p >= 'a' && *p <= 'f')
            value = value << 4 | (uintptr_t)(*p - 'a' + 10);
        else
            break;
    }
    if (p == from || p - from > 16 || *p != follows)
        return false;
    *at = p + 1;
    *ret_value = value;
    return true;
}

static enum mapping_kind kind_by_name(const char *name)
{
    static const struct {
        const char *start;
        enum mapping_kind kind;
    } names[] = {
        {"[heap]", MAPPING_HEAP},
        {"[stack", MAPPING_STACK},
        {"[anon_shmem", MAPPING_MEMORY},
        {"[anon", MAPPING_ANONYMOUS},
        {"[", MAPPING_SPECIAL},
        {"anon_inode:", MAPPING_SPECIAL},
        {"/dev/zero", MAPPING_MEMORY},
        {"/dev/shm/", MAPPING_MEMORY},
        {"/memfd:", MAPPING_MEMORY},
        {"/SYSV", MAPPING_MEMORY},
        {"/anon_hugepage", MAPPING_ANONYMOUS},
        {"/dev/", MAPPING_SPECIAL},
        {"socket:", MAPPING_SPECIAL},
    };
    if (!*name)
        return MAPPING_ANONYMOUS;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_starts(name, names[i].start))
            return names[i].kind;
    return MAPPING_FILE;
}

bool mapping_parse(char *line, struct mapping *ret_mapping)
{
    struct mapping m = {0};
    uintptr_t number;
    char *at = line;
    if (!parse_hex(&at, '-', &m.start) || !parse_hex(&at, ' ', &m.end) || m.end <= m.start)
        return false;
    for (int i = 0; i < 4; i++)
        if (!at[i])
            return false;
    m.readable = at[0] == 'r';
    m.writable = at[1] == 'w';
    m.executable = at[2] == 'x';
    m.shared = at[3] == 's';
    if (at[4] != ' ')
        return false;
    at += 5;
    if (!parse_hex(&at, ' ', &number) || !parse_hex(&at, ':', &number) ||
        !parse_hex(&at, ' ', &number)) /* offset, device */
        return false;
    while (*at >= '0' && *at <= '9') /* inode */
        at++;
    while (*at == ' ')
        at++;
    m.name = at;
    m.kind = kind_by_name(at);
    const char *base = text_base(at);
    m.libc = m.kind == MAPPING_FILE && (text_starts(base, "libc.so") || text_starts(base, "libc-"));
    m.loader =
        m.kind == MAPPING_FILE && (text_starts(base, "ld-linux") || text_starts(base, "ld-2."));
    *ret_mapping = m;
    return true;
}

/* Visits the whole lines of buffer[0, length); returns how many bytes they were. */
static size_t visit_lines(char *buffer, size_t length,
                          void (*visit)(const struct mapping *mapping, void *with), void *with)
{
    size_t line = 0;
    for (size_t i = 0; i < length; i++) {
        if (buffer[i] != '\n')
            continue;
        struct mapping mapping;
        buffer[i] = '\0';
        if (mapping_parse(buffer + line, &mapping))
            visit(&mapping, with);
        line = i + 1;
    }
    return line;
}

int maps_each(char *buffer, void (*visit)(const struct mapping *mapping, void *with), void *with)
{
    int fd = proc_open("/proc/thread-self/maps");
    long result = fd;
    size_t have = 0;
    while (fd >= 0) {
        result = raw_syscall(SYS_read, fd, buffer + have, MAPS_BUFFER - have);
        if (result == -4 /* EINTR */)
            continue;
        if (result <= 0)
            break;
        have += (size_t)result;
        size_t used = visit_lines(buffer, have, visit, with);
        if (used == 0 && have == MAPS_BUFFER) {
            result = -75; /* EOVERFLOW: no such line can be */
            break;
        }
        /* The rest of a line moves to the front; forward, so that overlapping is fine. */
        mem_copy(buffer, buffer + used, have - used);
        have -= used;
    }
    if (fd >= 0)
        raw_syscall(SYS_close, fd);
    return (int)result;
}
