#include "state/carrier_socket.h"

#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/memory.h"
#include "base/syscall.h"
#include "state/readable.h"

union address {
    struct sockaddr any;
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
    struct sockaddr_un local;
};

/* First halves of keys; device numbers, plus 1, are below them. */
enum {
    KEY_STREAM_PORT = 1,
    KEY_DATAGRAM_PORT = 2,
    KEY_ABSTRACT = 3,
    KEY_CONNECTION = 4,
    KEY_LOCAL_CONNECTIONS = 5,
    KEY_STRAYS = 6,
};
#define KEY(of) ((uint64_t)(of) << 56)

struct key {
    uint64_t a, b; /* a = 0: no key */
};

/* Has this process named any datagram socket? Without one nobody here can receive a stray. */
static bool datagrams_named;

static struct key key_of_local(const struct sockaddr_un *local, uint32_t size)
{
    struct stat stat;
    size_t before = offsetof(struct sockaddr_un, sun_path);
    if (size <= before || size > sizeof *local)
        return (struct key){0};
    if (local->sun_path[0]) {
        char path[sizeof local->sun_path + 1];
        mem_copy(path, local->sun_path, size - before);
        path[size - before] = '\0';
        if (raw_failed(raw_syscall(SYS_stat, path, &stat)))
            return (struct key){0};
        return (struct key){stat.st_dev + 1, stat.st_ino};
    }
    uint64_t hash = 14695981039346656037ull;
    for (size_t i = 0; i < size - before; i++)
        hash = (hash ^ (unsigned char)local->sun_path[i]) * 1099511628211ull;
    return (struct key){KEY(KEY_ABSTRACT), hash};
}

static uint16_t port_of(const union address *address)
{
    return address->any.sa_family == AF_INET6 ? address->ip6.sin6_port : address->ip4.sin_port;
}

static bool has_port(const union address *address, uint32_t size)
{
    return (address->any.sa_family == AF_INET && size >= sizeof address->ip4) ||
           (address->any.sa_family == AF_INET6 && size >= sizeof address->ip6);
}

static struct key key_of(const union address *address, uint32_t size, bool stream)
{
    if (size >= sizeof address->any.sa_family && address->any.sa_family == AF_UNIX)
        return key_of_local(&address->local, size);
    if (size < sizeof address->ip4 || !has_port(address, size) || !port_of(address))
        return (struct key){0};
    return (struct key){KEY(stream ? KEY_STREAM_PORT : KEY_DATAGRAM_PORT), port_of(address)};
}

/* call: SYS_getsockname or SYS_getpeername. Bytes of the address, 0 when there is none. */
static uint32_t name_of(long call, int fd, union address *ret_address)
{
    uint32_t size = sizeof *ret_address;
    mem_clear(ret_address, sizeof *ret_address);
    if (raw_failed(raw_syscall(call, fd, ret_address, &size)) || size > sizeof *ret_address)
        return 0;
    return size;
}

static bool is_stream(int fd)
{
    int type = 0;
    uint32_t size = sizeof type;
    raw_syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &size);
    return type == SOCK_STREAM || type == SOCK_SEQPACKET;
}

/* A copy of what the program passes, which may be any address. */
static uint32_t address_copy(const struct thread *self, const struct sockaddr *address,
                             socklen_t size, union address *ret)
{
    if (!address || size > sizeof *ret || !memory_range_is_readable(self, address, size))
        return 0;
    mem_copy(ret, address, size);
    return size;
}

/* ---- datagrams */

static struct carrier *strays(bool make)
{
    return carrier_keyed(CARRIER_KEYED, KEY(KEY_STRAYS), 0, make);
}

link_t carrier_of_socket(int domain, int type)
{
    type &= 0xf;
    if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX)
        return carrier_nowhere();
    if (type == SOCK_STREAM || type == SOCK_SEQPACKET)
        return 0;
    struct carrier *carrier = type == SOCK_DGRAM ? strays(true) : NULL;
    return carrier ? (link_t)carrier | LINK_SHARED | LINK_DATAGRAM : carrier_nowhere();
}

/* A datagram socket has a name now. */
static void named(int fd, struct key key)
{
    struct descriptor *at = descriptor_get(fd);
    struct carrier *carrier = at && key.a ? carrier_keyed(CARRIER_KEYED, key.a, key.b, true) : NULL;
    if (!carrier)
        return;
    __atomic_store_n(&datagrams_named, true, __ATOMIC_RELAXED);
    carrier_set_link(at, (link_t)carrier | LINK_SHARED | LINK_DATAGRAM);
}

void carrier_bound(struct thread *self, int fd)
{
    union address address;
    uint32_t size = name_of(SYS_getsockname, fd, &address);
    if (size && !is_stream(fd))
        named(fd, key_of(&address, size, false));
}

void carrier_sends(struct thread *self, int fd, const struct sockaddr *address, socklen_t size)
{
    union address copy;
    if (self->ignore_sync || !__atomic_load_n(&datagrams_named, __ATOMIC_RELAXED))
        return;
    size = address ? address_copy(self, address, size, &copy) : name_of(SYS_getpeername, fd, &copy);
    struct key key = size ? key_of(&copy, size, false) : (struct key){0};
    struct carrier *to = key.a ? carrier_keyed(CARRIER_KEYED, key.a, key.b, false) : NULL;
    if (!to)
        to = strays(true);
    if (to)
        vclock_release_join(&self->clock, &to->clock[0]);
    carrier_drop(to);
}

/* ---- connections */

void carrier_listens(struct thread *self, int fd)
{
    union address address;
    struct descriptor *at = descriptor_get(fd);
    uint32_t size = at ? name_of(SYS_getsockname, fd, &address) : 0;
    struct key key = size ? key_of(&address, size, true) : (struct key){0};
    struct carrier *carrier = key.a ? carrier_keyed(CARRIER_LISTENER, key.a, key.b, true) : NULL;
    if (!carrier)
        return;
    carrier_set_link(at, (link_t)carrier);
    if (carriers_watched() && !self->ignore_sync)
        vclock_release_join(&self->clock, &carrier->clock[1]);
}

struct carrier *carrier_connecting(struct thread *self, int fd, const struct sockaddr *address,
                                   socklen_t size)
{
    union address copy;
    struct descriptor *at = descriptor_find(fd);
    if (!at || at->link & LINK_DATAGRAM)
        return NULL;
    size = address_copy(self, address, size, &copy);
    struct key key = size ? key_of(&copy, size, true) : (struct key){0};
    struct carrier *listener = key.a ? carrier_keyed(CARRIER_LISTENER, key.a, key.b, false) : NULL;
    if (!listener)
        return NULL;
    __atomic_fetch_add(&listener->listener.connecting, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&listener->listener.connects, 1, __ATOMIC_SEQ_CST);
    if (carriers_watched() && !self->ignore_sync)
        vclock_release_join(&self->clock, &listener->clock[0]);
    return listener;
}

/* The carrier of one connection: port is the connecting side's. */
static struct carrier *connection(const struct carrier *listener, uint16_t port)
{
    if (listener->key[0] == KEY(KEY_STREAM_PORT))
        return carrier_keyed(CARRIER_PAIR, KEY(KEY_CONNECTION), listener->key[1] << 16 | port,
                             true);
    return carrier_keyed(CARRIER_KEYED, KEY(KEY_LOCAL_CONNECTIONS), (uintptr_t)listener, true);
}

/* A connection without a listener of ours: its peer is elsewhere. A datagram socket has got a name
   by it. */
static void connected_elsewhere(int fd)
{
    struct descriptor *at = descriptor_get(fd);
    if (at && at->link & LINK_DATAGRAM) {
        union address address;
        uint32_t size = name_of(SYS_getsockname, fd, &address);
        if (size)
            named(fd, key_of(&address, size, false));
    } else if (at && !at->link) {
        carrier_set_link(at, carrier_nowhere());
    }
}

void carrier_connected(struct thread *self, int fd, struct carrier *listener, bool succeeded)
{
    union address address;
    if (!listener) {
        if (succeeded)
            connected_elsewhere(fd);
        return;
    }
    struct descriptor *at = descriptor_get(fd);
    uint32_t size = name_of(SYS_getsockname, fd, &address);
    struct carrier *carrier =
        at && succeeded
            ? connection(listener, size && has_port(&address, size) ? port_of(&address) : 0)
            : NULL;
    if (carrier) {
        uint32_t made = CONNECTION_NEW;
        carrier_hold((link_t)carrier);
        if (!__atomic_compare_exchange_n(&carrier->connection.state, &made, CONNECTION_PENDING,
                                         false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            carrier_drop(carrier);
        carrier_set_link(at, (link_t)carrier | LINK_SHARED | LINK_TAKE);
    }
    if (succeeded && carriers_watched())
        carrier_take_slow(self, &listener->clock[1]);
    __atomic_fetch_sub(&listener->listener.connecting, 1, __ATOMIC_SEQ_CST);
    carrier_drop(listener);
}

static bool peer_is_here(int fd)
{
    struct ucred peer = {0};
    uint32_t size = sizeof peer;
    return !raw_failed(raw_syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &peer, &size)) &&
           peer.pid == (pid_t)raw_syscall(SYS_getpid);
}

link_t carrier_accepted(struct thread *self, int fd, int accepted)
{
    struct descriptor *at = descriptor_find(fd);
    link_t link = at ? __atomic_load_n(&at->link, __ATOMIC_ACQUIRE) : 0;
    struct carrier *listener = carrier_of(link);
    union address address;
    if (!link)
        carrier_listens(self, fd); /* somebody else made it listen; from now on it is known */
    if (!link || listener->kind != CARRIER_LISTENER ||
        !__atomic_load_n(&listener->listener.connects, __ATOMIC_SEQ_CST))
        return carrier_nowhere();
    if (carriers_watched())
        carrier_take_slow(self, &listener->clock[0]);
    bool port = listener->key[0] == KEY(KEY_STREAM_PORT);
    if (!port && !peer_is_here(accepted))
        return carrier_nowhere();
    bool connecting = __atomic_load_n(&listener->listener.connecting, __ATOMIC_SEQ_CST);
    uint32_t size = port ? name_of(SYS_getpeername, accepted, &address) : 0;
    struct carrier *carrier = connection(listener, size ? port_of(&address) : 0);
    if (!carrier)
        return carrier_nowhere();
    if (port && !connecting && __atomic_load_n(&carrier->references, __ATOMIC_RELAXED) == 1) {
        carrier_drop(carrier); /* only ours: nobody here is at the other end */
        return carrier_nowhere();
    }
    if (__atomic_exchange_n(&carrier->connection.state, CONNECTION_ACCEPTED, __ATOMIC_ACQ_REL) ==
        CONNECTION_PENDING)
        carrier_drop(carrier);
    return (link_t)carrier | LINK_SHARED | LINK_GIVE;
}
