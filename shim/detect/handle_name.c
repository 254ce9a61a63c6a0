#include "detect/handle_name.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/memory.h"
#include "base/syscall.h"
#include "base/text.h"

union address {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
    struct sockaddr_un local;
};

static unsigned port_of(uint16_t port)
{
    return (unsigned)(port >> 8 | (port & 0xff) << 8);
}

static void add_ip4(struct text *text, const unsigned char byte[4])
{
    for (int i = 0; i < 4; i++) {
        if (i)
            text_add_char(text, '.');
        text_add_number(text, byte[i]);
    }
}

static void add_hex_group(struct text *text, unsigned value)
{
    bool begun = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = value >> shift & 0xf;
        begun |= digit || shift == 0;
        if (begun)
            text_add_char(text, "0123456789abcdef"[digit]);
    }
}

/* The longest run of zero groups becomes "::" (RFC 5952). */
static void add_ip6(struct text *text, const unsigned char byte[16])
{
    int best = -1, best_length = 1, run = 0;
    for (int i = 0; i < 8; i++) {
        run = byte[2 * i] || byte[2 * i + 1] ? 0 : run + 1;
        if (run > best_length)
            best_length = run, best = i - run + 1;
    }
    text_add_char(text, '[');
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            text_add(text, "::");
            i += best_length - 1;
            continue;
        }
        if (i && i != best + best_length)
            text_add_char(text, ':');
        add_hex_group(text, (unsigned)(byte[2 * i] << 8 | byte[2 * i + 1]));
    }
    text_add_char(text, ']');
}

/* size: as the kernel returned it. A name in the abstract namespace begins with NUL, shown as @. */
static void add_local(struct text *text, const struct sockaddr_un *local, uint32_t size)
{
    size_t length = size > offsetof(struct sockaddr_un, sun_path)
                        ? size - offsetof(struct sockaddr_un, sun_path)
                        : 0;
    if (length > sizeof local->sun_path)
        length = sizeof local->sun_path;
    if (length && !local->sun_path[0])
        text_add_char(text, '@');
    for (size_t i = !local->sun_path[0]; i < length && local->sun_path[i]; i++)
        text_add_char(text, local->sun_path[i]);
}

/* call: SYS_getsockname or SYS_getpeername. Returns false when there is nothing to show. */
static bool add_address(struct text *text, long call, int fd)
{
    union address address;
    uint32_t size = sizeof address;
    size_t before = text->length;
    if (raw_failed(raw_syscall(call, fd, &address, &size)) || size < sizeof(sa_family_t))
        return false;
    if (address.any.sa_family == AF_INET) {
        add_ip4(text, (const unsigned char *)&address.ip4.sin_addr);
        text_add_char(text, ':');
        text_add_number(text, port_of(address.ip4.sin_port));
    } else if (address.any.sa_family == AF_INET6) {
        add_ip6(text, address.ip6.sin6_addr.s6_addr);
        text_add_char(text, ':');
        text_add_number(text, port_of(address.ip6.sin6_port));
    } else if (address.any.sa_family == AF_UNIX) {
        add_local(text, &address.local, size);
    }
    return text->length > before;
}

static void look_at_socket(struct text *text, int fd)
{
    uint32_t listening = 0, size = sizeof listening;
    raw_syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size);
    bool local = add_address(text, SYS_getsockname, fd);
    if (listening)
        text_add(text, local ? " (listening)" : "listening");
    else {
        size_t before = text->length;
        if (local)
            text_add(text, " → ");
        if (!add_address(text, SYS_getpeername, fd))
            text->start[text->length = before] = '\0';
    }
}

static void look_at_path(struct text *text, int fd)
{
    char link[32];
    struct text name = text_in(link, sizeof link);
    text_add(&name, "/proc/thread-self/fd/");
    text_add_number(&name, (uint64_t)fd);
    long size = raw_syscall(SYS_readlink, link, text->start, text->room - 1);
    text->length = raw_failed(size) ? 0 : (size_t)size;
    text->start[text->length] = '\0';
}

/* What has no type of its own by stat: how the link in /proc begins (fs/anon_inodes.c and its
   callers, mm/memfd.c, kernel/pid.c), and what that is. */
static const struct {
    const char *link;
    enum handle_kind kind;
} made_up[] = {
    {"anon_inode:[eventfd]", HANDLE_KIND_FD_EVENTFD},
    {"anon_inode:[eventpoll]", HANDLE_KIND_FD_EPOLL},
    {"anon_inode:[timerfd]", HANDLE_KIND_FD_TIMER},
    {"anon_inode:[signalfd]", HANDLE_KIND_FD_SIGNAL},
    {"anon_inode:inotify", HANDLE_KIND_FD_INOTIFY},
    {"anon_inode:[fanotify]", HANDLE_KIND_FD_FANOTIFY},
    {"anon_inode:[pidfd]", HANDLE_KIND_FD_PROCESS},
    {"pidfd:", HANDLE_KIND_FD_PROCESS},
    {"anon_inode:[userfaultfd]", HANDLE_KIND_FD_FAULTS},
    {"anon_inode:[io_uring]", HANDLE_KIND_FD_URING},
    {"anon_inode:[perf_event]", HANDLE_KIND_FD_PERF},
    {"anon_inode:bpf", HANDLE_KIND_FD_BPF},
    {"/memfd:", HANDLE_KIND_FD_MEMORY},
    {"/dev/ptmx", HANDLE_KIND_FD_TERMINAL},
    {"/dev/pts/", HANDLE_KIND_FD_TERMINAL},
};

static enum handle_kind kind_of_link(const char *link, enum handle_kind otherwise)
{
    for (unsigned i = 0; i < sizeof made_up / sizeof made_up[0]; i++)
        if (text_starts(link, made_up[i].link))
            return made_up[i].kind;
    return otherwise;
}

/* told: what the opening call said. link: as /proc has it. */
static enum handle_kind kind_of(mode_t mode, const char *link, enum handle_kind told)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return HANDLE_KIND_FD_DIRECTORY;
    case S_IFBLK:
        return HANDLE_KIND_FD_DEVICE;
    case S_IFIFO:
        return HANDLE_KIND_FD_PIPE;
    case S_IFSOCK:
        return HANDLE_KIND_FD_SOCKET;
    case S_IFCHR:
        return kind_of_link(link, HANDLE_KIND_FD_DEVICE);
    case S_IFREG:
        return kind_of_link(link, HANDLE_KIND_FD_FILE);
    default: /* eventfd, epoll and others have no type */
        return kind_of_link(link, told);
    }
}

/* Nothing more is said by the link than by the kind: the opener's own words stay. */
static bool is_made_up(const char *link)
{
    return kind_of_link(link, HANDLE_KIND_FD_OTHER) != HANDLE_KIND_FD_OTHER && *link != '/';
}

void handle_name_look(struct handle_row *row, int fd)
{
    static char room[1024];
    struct text text = text_in(room, sizeof room);
    struct stat stat;
    bool descriptor = handle_info(row->kind)->leak == KIND_FD_LEAK;
    if (raw_failed(raw_syscall(SYS_fstat, fd, &stat)))
        return;
    if (!S_ISSOCK(stat.st_mode) && !S_ISFIFO(stat.st_mode))
        look_at_path(&text, fd);
    if (descriptor)
        row->kind = (uint16_t)kind_of(stat.st_mode, room, (enum handle_kind)row->kind);
    if (is_made_up(room))
        text.length = 0;
    if (S_ISSOCK(stat.st_mode))
        look_at_socket(&text, fd);
    if (text.length)
        handle_set_name(row, room);
}
