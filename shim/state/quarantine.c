#include "state/quarantine.h"

#include "base/word_lock.h"
#include "state/block.h"
#include "state/options.h"

#define ROOM 16384u /* blocks that can wait */

/* glibc gives larger blocks back to the system when they are freed: they would only cost memory. */
#define LARGEST (64u << 10)

uint64_t quarantine_limit;

static struct waiting {
    void *block; /* NULL: taken out of the middle */
    uint64_t size;
} * waiting;
static uint32_t first, count, lock;
static uint64_t bytes;

void quarantine_open(void)
{
    bool glibc = block_window_shift == 5;
    if (quarantine_limit || !glibc || !options.number[OPTION_QUARANTINE])
        return;
    if (!waiting)
        waiting = pages_map(ROOM * sizeof *waiting);
    if (waiting)
        __atomic_store_n(&quarantine_limit, options.number[OPTION_QUARANTINE], __ATOMIC_RELEASE);
}

static void *pop(void)
{
    struct waiting *oldest = &waiting[first];
    first = (first + 1) % ROOM;
    count--;
    bytes -= oldest->size;
    return oldest->block;
}

void quarantine_put(void *p, uint64_t size, struct quarantine_released *ret)
{
    ret->count = 0;
    if (size >= LARGEST || size > quarantine_limit) {
        ret->block[ret->count++] = p;
        return;
    }
    size += 32; /* what the allocator has around it, so that blocks of size 0 count */
    word_lock_take(&lock);
    while (count && (count == ROOM || bytes + size > quarantine_limit) &&
           ret->count < QUARANTINE_RELEASED - 1) {
        void *oldest = pop();
        if (oldest)
            ret->block[ret->count++] = oldest;
    }
    /* A few small ones may not make room for a large one; the next puts take more out. */
    if (count < ROOM) {
        waiting[(first + count++) % ROOM] = (struct waiting){.block = p, .size = size};
        bytes += size;
    } else {
        ret->block[ret->count++] = p;
    }
    word_lock_give(&lock);
}

static struct quarantine_recent rings[RECENT_RINGS];
static uint32_t ring_count;

struct quarantine_recent *quarantine_recent_of(struct thread *self)
{
    bool glibc = block_window_shift == 5;
    uint64_t most = options.number[OPTION_QUARANTINE] / (RECENT_BLOCKS * RECENT_LARGEST);
    if (most > RECENT_RINGS)
        most = RECENT_RINGS;
    if (!glibc || __atomic_load_n(&ring_count, __ATOMIC_RELAXED) >= most)
        return NULL;
    uint32_t ring = __atomic_fetch_add(&ring_count, 1, __ATOMIC_RELAXED);
    if (ring < most)
        self->recent = &rings[ring];
    return self->recent;
}

static bool recent_take(void *p)
{
    for (uint32_t i = 0; i < RECENT_RINGS * RECENT_BLOCKS; i++) {
        void **slot = &rings[i / RECENT_BLOCKS].blocks[i % RECENT_BLOCKS], *found = p;
        const struct quarantine_recent *ring = &rings[i / RECENT_BLOCKS];
        if (__atomic_load_n(slot, __ATOMIC_RELAXED) == p)
            return __atomic_compare_exchange_n(slot, &found, NULL, false, __ATOMIC_RELAXED,
                                               __ATOMIC_RELAXED) &&
                   ring == thread_current->recent &&
                   ring->births[i % RECENT_BLOCKS] == thread_current->births;
    }
    return false;
}

void quarantine_after_fork(void)
{
    if (thread_current)
        thread_current->recent = NULL;
    mem_clear(rings, sizeof rings);
    ring_count = 0;
}

bool quarantine_take(void *p)
{
    bool found = recent_take(p);
    if (found || !quarantine_limit)
        return found;
    word_lock_take(&lock);
    for (uint32_t i = 0; i < count && !found; i++) {
        struct waiting *at = &waiting[(first + i) % ROOM];
        found = at->block == p;
        if (found)
            at->block = NULL;
    }
    word_lock_give(&lock);
    return found;
}
