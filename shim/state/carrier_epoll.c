#include "state/carrier_epoll.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/word_lock.h"

#define BUCKETS 32u

struct watch {
    uint64_t data;
    struct watch *by_fd, *by_data; /* next in the bucket; in the free list: by_fd */
    int32_t fd;
};

/* Belongs to one epoll; lock of its carrier. */
struct watches {
    struct watch *by_fd[BUCKETS], *by_data[BUCKETS];
    struct watches *next; /* in the free list */
};

static struct watch *free_watches;  /* LOCK_CARRIERS */
static struct watches *free_tables; /* LOCK_CARRIERS */

static struct watch *watch_make(void)
{
    lock_take(LOCK_CARRIERS);
    struct watch *made = free_watches;
    if (made)
        free_watches = made->by_fd;
    lock_give(LOCK_CARRIERS);
    return made ? made : arena_alloc(sizeof *made);
}

static void watch_free(struct watch *watch)
{
    lock_take(LOCK_CARRIERS);
    watch->by_fd = free_watches;
    free_watches = watch;
    lock_give(LOCK_CARRIERS);
}

static struct watches *table_make(void)
{
    lock_take(LOCK_CARRIERS);
    struct watches *made = free_tables;
    if (made)
        free_tables = made->next;
    lock_give(LOCK_CARRIERS);
    if (!made)
        return arena_alloc(sizeof *made);
    mem_clear(made, sizeof *made);
    return made;
}

static struct watch **fd_bucket(struct watches *table, int fd)
{
    return &table->by_fd[(uint32_t)fd % BUCKETS];
}

static struct watch **data_bucket(struct watches *table, uint64_t data)
{
    return &table->by_data[data * 0x9e3779b97f4a7c15ull >> 59];
}

/* The epoll's lock held. Takes out what is there for fd. */
static struct watch *take_out(struct watches *table, int fd)
{
    struct watch **at = fd_bucket(table, fd);
    while (*at && (*at)->fd != fd)
        at = &(*at)->by_fd;
    struct watch *watch = *at;
    if (!watch)
        return NULL;
    *at = watch->by_fd;
    at = data_bucket(table, watch->data);
    while (*at && *at != watch)
        at = &(*at)->by_data;
    if (*at)
        *at = watch->by_data;
    return watch;
}

/* The carrier behind an epoll's number, locked; NULL when it is none of ours. A lock of before a
   fork is nobody's. */
static struct carrier *locked(int epoll)
{
    struct descriptor *at = descriptor_find(epoll);
    struct carrier *carrier = carrier_of(at ? __atomic_load_n(&at->link, __ATOMIC_ACQUIRE) : 0);
    if (!carrier || carrier->kind != CARRIER_EPOLL)
        return NULL;
    if (unlikely(__atomic_load_n(&carrier->epoll.world, __ATOMIC_ACQUIRE) != vclock_world)) {
        lock_take(LOCK_CARRIERS);
        if (carrier->epoll.world != vclock_world)
            carrier->epoll.lock = 0;
        __atomic_store_n(&carrier->epoll.world, vclock_world, __ATOMIC_RELEASE);
        lock_give(LOCK_CARRIERS);
    }
    word_lock_take(&carrier->epoll.lock);
    return carrier;
}

void carrier_epoll_adds(struct thread *self, int epoll, int fd, uint64_t data)
{
    struct descriptor *at = descriptor_find(fd);
    link_t link = at ? __atomic_load_n(&at->link, __ATOMIC_ACQUIRE) : 0;
    if (carriers_watched())
        carrier_gives(self, epoll);
    if (link == carrier_nowhere())
        return;
    struct watch *made = watch_make();
    struct watches *table = made ? table_make() : NULL;
    struct carrier *carrier = table ? locked(epoll) : NULL;
    struct watch *old = NULL;
    if (carrier) {
        if (!carrier->epoll.table) {
            carrier->epoll.table = table;
            table = NULL;
        }
        struct watches *in = carrier->epoll.table;
        old = take_out(in, fd);
        *made = (struct watch){data, *fd_bucket(in, fd), *data_bucket(in, data), fd};
        *fd_bucket(in, fd) = *data_bucket(in, data) = made;
        made = NULL;
        word_lock_give(&carrier->epoll.lock);
    }
    if (old)
        watch_free(old);
    if (made)
        watch_free(made);
    if (table) {
        lock_take(LOCK_CARRIERS);
        table->next = free_tables;
        free_tables = table;
        lock_give(LOCK_CARRIERS);
    }
}

void carrier_epoll_removed(struct thread *self, int epoll, int fd)
{
    struct carrier *carrier = locked(epoll);
    if (!carrier)
        return;
    struct watch *old = carrier->epoll.table ? take_out(carrier->epoll.table, fd) : NULL;
    word_lock_give(&carrier->epoll.lock);
    if (old)
        watch_free(old);
}

/* Several descriptors may have been added with the same data: all of them count. */
#define ALIKE_MOST 8

void carrier_epoll_ready(struct thread *self, int epoll, uint64_t data)
{
    struct carrier *carrier = locked(epoll);
    int fds[ALIKE_MOST], count = 0;
    if (!carrier)
        return;
    if (carrier->epoll.table)
        for (struct watch *at = *data_bucket(carrier->epoll.table, data); at; at = at->by_data)
            if (at->data == data && count < ALIKE_MOST)
                fds[count++] = at->fd;
    word_lock_give(&carrier->epoll.lock);
    for (int i = 0; i < count; i++)
        carrier_takes(self, fds[i]);
}

void carrier_epoll_end(struct carrier *carrier)
{
    struct watches *table = carrier->epoll.table;
    carrier->epoll.table = NULL;
    if (!table)
        return;
    lock_take(LOCK_CARRIERS);
    for (uint32_t i = 0; i < BUCKETS; i++)
        while (table->by_fd[i]) {
            struct watch *watch = table->by_fd[i];
            table->by_fd[i] = watch->by_fd;
            watch->by_fd = free_watches;
            free_watches = watch;
        }
    table->next = free_tables;
    free_tables = table;
    lock_give(LOCK_CARRIERS);
}
