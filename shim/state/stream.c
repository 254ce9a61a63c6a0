#include "state/stream.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/uio.h>

#include "base/lock.h"
#include "base/memory.h"
#include "base/recording.h"
#include "base/syscall.h"
#include "state/block.h"

#define BUCKETS 16384u

/* The index: row number + 1 by hash of address, chained through next. Private, wiped in a fork's
   child. Protected by LOCK_STREAMS. */
static uint32_t *buckets, *next;
static uint32_t closed_count; /* rows in state CLOSED */
static uint32_t hand;         /* where the search for the row to take over goes on */

static struct handle_row *row_at(uint32_t number)
{
    return ROW(SECTION_HANDLES, struct handle_row, number);
}

static uint32_t row_count(void)
{
    return (uint32_t)(__atomic_load_n(&recording->sections[SECTION_HANDLES - 1].used,
                                      __ATOMIC_RELAXED) /
                      sizeof(struct handle_row));
}

static uint32_t *bucket_of(uint64_t address)
{
    return &buckets[(address >> 4) * 0x9e3779b97f4a7c15ull >> 50];
}
static_assert(BUCKETS == 1u << (64 - 50), "the hash above");

void stream_start_up(void)
{
    size_t rows = recording->sections[SECTION_HANDLES - 1].capacity / sizeof(struct handle_row);
    closed_count = hand = 0;
    if (!buckets)
        buckets = pages_map_wiped(BUCKETS * sizeof *buckets);
    if (!next)
        next = pages_map_wiped(rows * sizeof *next);
}

static struct handle_row *find_locked(uint64_t address)
{
    if (!buckets || !next)
        return NULL;
    for (uint32_t at = *bucket_of(address); at; at = next[at - 1])
        if (row_at(at - 1)->value == address)
            return row_at(at - 1);
    return NULL;
}

/* A closed row whose address is forgotten for a new one's sake. */
static struct handle_row *take_over(void)
{
    for (uint32_t count = row_count(), tried = 0; tried < count; tried++) {
        uint32_t number = hand = (hand + 1) % count;
        struct handle_row *row = row_at(number);
        if (handle_state_of(row) != HANDLE_CLOSED)
            continue;
        uint32_t *at = bucket_of(row->value);
        while (*at && *at != number + 1)
            at = &next[*at - 1];
        if (!*at)
            continue;
        *at = next[number];
        closed_count--;
        return row;
    }
    return NULL;
}

static struct handle_row *row_for(uint64_t address)
{
    struct handle_row *row = find_locked(address);
    if (row) {
        closed_count -= handle_state_of(row) == HANDLE_CLOSED;
        return row;
    }
    if (!buckets || !next)
        return NULL;
    if (closed_count > STREAMS_CLOSED_KEPT)
        row = take_over();
    if (!row)
        row = section_reserve(SECTION_HANDLES, sizeof *row);
    if (!row)
        return NULL;
    uint32_t number = (uint32_t)(row - row_at(0));
    next[number] = *bucket_of(address);
    *bucket_of(address) = number + 1;
    return row;
}

struct handle_row *stream_find(uintptr_t address)
{
    lock_take(LOCK_STREAMS);
    struct handle_row *row = find_locked(address);
    lock_give(LOCK_STREAMS);
    return row && handle_state_of(row) != HANDLE_NONE ? row : NULL;
}

void stream_opened(struct thread *self, uintptr_t address, int fd, const struct handle_birth *birth)
{
    lock_take(LOCK_STREAMS);
    struct handle_row *row = row_for(address);
    if (row) {
        handle_row_open(self, row, address, birth);
        row->extra = fd < 0 ? 0 : (uint64_t)fd + 1;
    }
    lock_give(LOCK_STREAMS);
}

/* The descriptor of a stream that we did not see being opened. Read through the kernel: the pointer
   is the program's word only, and a crash belongs into libc, not here. */
static int fd_of_unknown(uintptr_t address)
{
    int fd = -1;
    struct iovec here = {.iov_base = &fd, .iov_len = sizeof fd};
    struct iovec there = {.iov_base = (void *)(address + offsetof(struct _IO_FILE, _fileno)),
                          .iov_len = sizeof fd};
    long size = raw_syscall(SYS_process_vm_readv, raw_syscall(SYS_getpid), &here, 1, &there, 1, 0);
    return size == sizeof fd ? fd : -1;
}

static struct handle_row *adopt(struct thread *self, uintptr_t address)
{
    stream_opened(self, address, fd_of_unknown(address),
                  &(struct handle_birth){.kind = HANDLE_KIND_STREAM, .flags = HANDLE_ADOPTED});
    return stream_find(address);
}

void stream_closing(struct thread *self, uintptr_t address, enum handle_state state, uint32_t stack)
{
    struct handle_row *row = stream_find(address);
    if (!row || handle_state_of(row) != HANDLE_OPEN)
        row = adopt(self, address);
    if (!row)
        return;
    lock_take(LOCK_STREAMS);
    handle_row_close(self, row, state, stack);
    closed_count += state == HANDLE_CLOSED;
    lock_give(LOCK_STREAMS);
    /* libc closes that number, whoever owns it by now. */
    struct handle_row *under = handle_fd_find(stream_fd(row));
    if (under && handle_state_of(under) == HANDLE_OPEN)
        handle_row_close(self, under, HANDLE_CLOSED, stack);
}

void stream_forget(uintptr_t address)
{
    lock_take(LOCK_STREAMS);
    struct handle_row *row = find_locked(address);
    if (row) {
        closed_count -= handle_state_of(row) == HANDLE_CLOSED;
        __atomic_store_n(&row->state, HANDLE_NONE, __ATOMIC_RELEASE);
    }
    lock_give(LOCK_STREAMS);
}

bool stream_is_gone(const struct handle_row *row, bool *ret_certain)
{
    if (handle_state_of(row) != HANDLE_CLOSED)
        return false;
    struct block_row *block = block_find(row->value);
    /* The three standard streams are no heap blocks, and nobody else is ever at their address. */
    *ret_certain = block || row->flags & HANDLE_LIBRARY;
    return !block || block_state_of(block) == BLOCK_FREED;
}

void stream_each(void (*visit)(struct handle_row *row, void *with), void *with)
{
    for (uint32_t number = 0, count = row_count(); number < count; number++)
        if (handle_state_of(row_at(number)) == HANDLE_OPEN)
            visit(row_at(number), with);
}
