#include "state/carrier.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/lock.h"
#include "base/memory.h"
#include "base/syscall.h"
#include "state/carrier_epoll.h"
#include "state/carrier_socket.h"
#include "state/waitless.h"

struct descriptor *descriptor_chunks[DESCRIPTORS_MAX / DESCRIPTOR_CHUNK];

static struct carrier nowhere = {.references = 1};
static struct carrier *free_carriers; /* LOCK_CARRIERS */

/* By key; a bucket is only as long as many files are open. LOCK_CARRIERS */
#define BUCKETS 1024u
static struct carrier *buckets[BUCKETS];

struct descriptor *descriptor_get(int fd)
{
    uint32_t number = (uint32_t)fd;
    struct descriptor *at = descriptor_find(fd);
    if (likely(at != NULL) || number >= DESCRIPTORS_MAX)
        return at;
    lock_take(LOCK_CARRIERS);
    struct descriptor **chunk = &descriptor_chunks[number / DESCRIPTOR_CHUNK];
    if (!*chunk)
        /* Publishes zeroed pages. Pairs with the acquire in descriptor_find(). */
        __atomic_store_n(
            chunk, (struct descriptor *)pages_map(DESCRIPTOR_CHUNK * sizeof(struct descriptor)),
            __ATOMIC_RELEASE);
    lock_give(LOCK_CARRIERS);
    return *chunk ? &(*chunk)[number % DESCRIPTOR_CHUNK] : NULL;
}

/* ---- carriers */

/* LOCK_CARRIERS held. */
static struct carrier *make(enum carrier_kind kind, uint32_t references)
{
    struct carrier *made = free_carriers;
    if (made) {
        free_carriers = made->next;
    } else {
        /* A chunk at a time: an arena gives no cache lines. */
        struct carrier *chunk = pages_map(64 * sizeof *chunk);
        if (!chunk)
            return NULL;
        for (int i = 1; i < 64; i++) {
            chunk[i].next = free_carriers;
            free_carriers = &chunk[i];
        }
        made = chunk;
    }
    made->kind = kind;
    made->references = references;
    made->next = NULL;
    made->key[0] = made->key[1] = 0;
    mem_clear(&made->epoll, sizeof made->epoll);
    return made;
}

static struct carrier **bucket_of(uint64_t a, uint64_t b)
{
    return &buckets[(a * 0x9e3779b97f4a7c15ull ^ b) * 0xff51afd7ed558ccdull >> 54];
}

struct carrier *carrier_of(link_t link)
{
    return (struct carrier *)(link & ~(link_t)LINK_FLAGS);
}

struct carrier *carrier_keyed(enum carrier_kind kind, uint64_t a, uint64_t b, bool make_one)
{
    lock_take(LOCK_CARRIERS);
    struct carrier **bucket = bucket_of(a, b), *at = *bucket;
    while (at && (at->key[0] != a || at->key[1] != b || at->kind != kind))
        at = at->next;
    if (at) {
        at->references++;
    } else if (make_one && (at = make(kind, kind == CARRIER_KEYED ? 2 : 1))) {
        /* System V objects are kept: nobody says when one goes. */
        at->key[0] = a;
        at->key[1] = b;
        at->next = *bucket;
        *bucket = at;
    }
    lock_give(LOCK_CARRIERS);
    return at;
}

/* LOCK_CARRIERS held. */
static void unlink_key(struct carrier *carrier)
{
    struct carrier **at = bucket_of(carrier->key[0], carrier->key[1]);
    while (*at && *at != carrier)
        at = &(*at)->next;
    if (*at)
        *at = carrier->next;
}

void carrier_drop(struct carrier *carrier)
{
    if (!carrier || carrier == &nowhere)
        return;
    lock_take(LOCK_CARRIERS);
    bool last = --carrier->references == 0;
    if (last && (carrier->key[0] | carrier->key[1]))
        unlink_key(carrier);
    lock_give(LOCK_CARRIERS);
    if (!last)
        return;
    if (carrier->kind == CARRIER_EPOLL)
        carrier_epoll_end(carrier);
    vclock_clear(&carrier->clock[0]);
    vclock_clear(&carrier->clock[1]);
    lock_take(LOCK_CARRIERS);
    carrier->next = free_carriers;
    free_carriers = carrier;
    lock_give(LOCK_CARRIERS);
}

link_t carrier_hold(link_t link)
{
    struct carrier *carrier = carrier_of(link);
    if (!carrier || carrier == &nowhere)
        return link;
    lock_take(LOCK_CARRIERS);
    carrier->references++;
    lock_give(LOCK_CARRIERS);
    return link;
}

link_t carrier_nowhere(void)
{
    return (link_t)&nowhere;
}

link_t carrier_make_one(enum carrier_kind kind)
{
    lock_take(LOCK_CARRIERS);
    struct carrier *made = make(kind, 1);
    lock_give(LOCK_CARRIERS);
    return made ? (link_t)made | LINK_SHARED : 0;
}

void carrier_make_pair(enum carrier_kind kind, link_t ret_links[2])
{
    lock_take(LOCK_CARRIERS);
    struct carrier *made = make(kind, 2);
    lock_give(LOCK_CARRIERS);
    bool two = kind == CARRIER_PAIR;
    ret_links[0] = made ? (link_t)made | LINK_SHARED | (two ? LINK_TAKE : 0) : 0;
    ret_links[1] = made ? (link_t)made | LINK_SHARED | (two ? LINK_GIVE : 0) : 0;
}

/* ---- numbers */

void carrier_set_link(struct descriptor *at, link_t link)
{
    link_t old = __atomic_exchange_n(&at->link, link, __ATOMIC_ACQ_REL);
    if (old)
        carrier_drop(carrier_of(old));
}

void carrier_opened(struct thread *self, int fd, link_t link)
{
    waitless_opened(fd);
    struct descriptor *at = descriptor_get(fd);
    if (!at) {
        carrier_drop(carrier_of(link));
        return;
    }
    __atomic_store_n(&at->state, DESCRIPTOR_OPEN, __ATOMIC_RELAXED);
    __atomic_store_n(&at->generation, at->generation + 1, __ATOMIC_RELEASE);
    if (at->link | link)
        carrier_set_link(at, link);
    if (carriers_watched() && !self->ignore_sync)
        vclock_acquire(&self->clock, &at->given);
}

void carrier_duplicated(struct thread *self, int fd, int copy)
{
    struct descriptor *from = descriptor_find(fd);
    link_t link = from ? __atomic_load_n(&from->link, __ATOMIC_ACQUIRE) : 0;
    carrier_opened(self, copy, carrier_hold(link));
    waitless_shared(fd, copy);
}

void carrier_giving_up(struct thread *self, int fd)
{
    waitless_closed(fd);
    struct descriptor *at = descriptor_find(fd);
    if (!at)
        return;
    if (carriers_watched() && !self->ignore_sync) {
        link_t link = __atomic_load_n(&at->link, __ATOMIC_ACQUIRE);
        /* Also of a file that nobody reads: its lock goes too. */
        if (link && carrier_of(link) != &nowhere)
            vclock_release_join(&self->clock, carrier_clock(link, LINK_GIVE));
        vclock_release_join(&self->clock, &at->given);
    } else {
        at->closed = 0;
    }
    __atomic_store_n(&at->state, DESCRIPTOR_CLOSING, __ATOMIC_RELAXED);
}

void carrier_closing(struct thread *self, int fd)
{
    waitless_closed(fd);
    struct descriptor *at = descriptor_get(fd);
    if (!at)
        return;
    carrier_giving_up(self, fd);
    /* The number may be another's as soon as the call is made. */
    __atomic_store_n(&at->generation, at->generation + 1, __ATOMIC_RELEASE);
    if (at->link)
        carrier_set_link(at, 0);
}

void carrier_settle(int fd, bool closed)
{
    struct descriptor *at = descriptor_find(fd);
    link_t link = at ? __atomic_load_n(&at->link, __ATOMIC_ACQUIRE) : 0;
    uint32_t closing = DESCRIPTOR_CLOSING;
    /* Unless the number has its next owner already. */
    if (!at || !__atomic_compare_exchange_n(&at->state, &closing,
                                            closed ? DESCRIPTOR_CLOSED : DESCRIPTOR_OPEN, false,
                                            __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return;
    if (closed && link &&
        __atomic_compare_exchange_n(&at->link, &link, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        carrier_drop(carrier_of(link));
}

/* ---- order */

void carrier_give_slow(struct thread *self, int fd)
{
    if (self->ignore_sync)
        return;
    link_t link = carrier_learn(self, fd);
    if (link & LINK_DATAGRAM)
        carrier_sends(self, fd, NULL, 0);
    else if (link & LINK_SHARED)
        vclock_release_join(&self->clock, carrier_clock(link, LINK_GIVE));
}

void carrier_take_slow(struct thread *self, struct sync_clock *clock)
{
    if (!self->ignore_sync)
        vclock_acquire(&self->clock, clock);
}

void carrier_gives_all(struct thread *self, int fd)
{
    struct descriptor *at = descriptor_get(fd);
    link_t link = at ? carrier_learn(self, fd) : 0;
    if (!link || self->ignore_sync)
        return;
    if (carrier_of(link) == &nowhere) {
        /* The peer is another process; those who wait on this number are here. */
        if (!(link = carrier_make_one(CARRIER_PIPE)))
            return;
        link &= ~(link_t)LINK_SHARED;
        carrier_set_link(at, link);
    }
    vclock_release_join(&self->clock, carrier_clock(link, LINK_TAKE));
    if (carrier_clock(link, LINK_GIVE) != carrier_clock(link, LINK_TAKE))
        vclock_release_join(&self->clock, carrier_clock(link, LINK_GIVE));
}

/* What is written to a log is not read here; what was open before us is somebody else's. */
static link_t link_of_inode(struct descriptor *at, int fd, const struct stat *stat)
{
    long flags = raw_syscall(SYS_fcntl, fd, F_GETFL, 0);
    bool log = (flags & O_ACCMODE) == O_WRONLY && flags & O_APPEND && S_ISREG(stat->st_mode);
    if (at->generation == 0 && !S_ISREG(stat->st_mode))
        return carrier_nowhere();
    struct carrier *carrier = carrier_keyed(CARRIER_INODE, stat->st_dev + 1, stat->st_ino, true);
    if (!carrier)
        return carrier_nowhere();
    return (link_t)carrier | (log || at->generation == 0 ? 0 : LINK_SHARED);
}

link_t carrier_learn(struct thread *self, int fd)
{
    struct descriptor *at = descriptor_get(fd);
    struct stat stat;
    link_t link = at ? __atomic_load_n(&at->link, __ATOMIC_ACQUIRE) : 0, none = 0;
    if (link || !at || raw_failed(raw_syscall(SYS_fstat, fd, &stat)))
        return link;
    if (S_ISREG(stat.st_mode) || S_ISFIFO(stat.st_mode))
        link = link_of_inode(at, fd, &stat);
    else
        link = carrier_nowhere();
    if (__atomic_compare_exchange_n(&at->link, &none, link, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return link;
    carrier_drop(carrier_of(link));
    return none;
}

void carrier_gives_inode(struct thread *self, int fd)
{
    link_t link = carrier_learn(self, fd);
    if (link && carrier_of(link) != &nowhere && !self->ignore_sync)
        vclock_release_join(&self->clock, carrier_clock(link, LINK_GIVE));
}

void carrier_takes_inode(struct thread *self, int fd)
{
    if (carrier_learn(self, fd))
        carrier_takes(self, fd);
}

void carrier_gives_named(struct thread *self, enum carrier_name name, uint64_t id)
{
    struct carrier *carrier = carrier_keyed(CARRIER_KEYED, name, id, true);
    if (carrier && !self->ignore_sync)
        vclock_release_join(&self->clock, &carrier->clock[0]);
    carrier_drop(carrier);
}

void carrier_takes_named(struct thread *self, enum carrier_name name, uint64_t id)
{
    struct carrier *carrier = carrier_keyed(CARRIER_KEYED, name, id, false);
    if (!carrier)
        return;
    carrier_take_slow(self, &carrier->clock[0]);
    carrier_drop(carrier);
}
