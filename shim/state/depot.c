#include "state/depot.h"

#include <sys/mman.h>

#include "base/memory.h"
#include "base/recording.h"
#include "base/syscall.h"
#include "state/module.h"

/* The second table is for programs with millions of stacks (a compiler's recursions): used from the
   moment at which chains of the first would grow long. A stack that two threads bring at that very
   moment may be kept twice. */
#define FIRST_BUCKETS (1u << 18)
#define BUCKETS       (FIRST_BUCKETS + (1u << 22))
#define SECOND_FROM   (192ull << 20) /* bytes of stacks: some three to a chain */

/* What is part of a stack's identity; other flags are marks that it gets later. */
#define IDENTITY_FLAGS (STACK_TRUNCATED | STACK_BROKEN)

/* Head of each chain: a stack id. Both tables. Wiped by fork. */
static uint32_t *buckets;
uint64_t depot_second_from = SECOND_FROM;

bool depot_start_up(void)
{
    if (!buckets)
        buckets = pages_map_wiped(BUCKETS * sizeof *buckets);
    return buckets != NULL;
}

void depot_after_fork(void)
{
    if (buckets) /* where the kernel knows no MADV_WIPEONFORK (before 4.14) */
        raw_syscall(SYS_madvise, buckets, BUCKETS * sizeof *buckets, MADV_DONTNEED);
}

struct stack_row *depot_row(uint32_t stack)
{
    if (!stack || !recording)
        return NULL;
    return (struct stack_row *)(section_start[SECTION_STACKS] + (uint64_t)stack * 8);
}

static inline uint64_t mix(uint64_t lane, uint64_t word)
{
    lane = (lane ^ word) * 0x9e3779b97f4a7c15ull;
    return lane ^ lane >> 32;
}

/* Four lanes, so that the multiplications of neighbouring frames do not wait for each other. */
static uint64_t stack_hash(const struct stack_frames *stack)
{
    const uint64_t *frame = stack->frames;
    uint64_t a = stack->count, b = stack->exact, c = stack->flags & IDENTITY_FLAGS, d = 1;
    uint32_t i = 0;
    for (; i + 4 <= stack->count; i += 4) {
        a = mix(a, frame[i]);
        b = mix(b, frame[i + 1]);
        c = mix(c, frame[i + 2]);
        d = mix(d, frame[i + 3]);
    }
    for (; i < stack->count; i++)
        a = mix(a, frame[i]);
    return mix(mix(a, b), mix(c, d));
}

static bool same_frames(const struct stack_row *row, const struct stack_frames *stack)
{
    uint16_t flags = __atomic_load_n(&row->flags, __ATOMIC_RELAXED);
    if (row->frame_count != stack->count || row->exact != stack->exact ||
        ((flags ^ stack->flags) & IDENTITY_FLAGS))
        return false;
    uint64_t different = 0;
    for (uint32_t i = 0; i < stack->count; i++)
        different |= row->frames[i] ^ stack->frames[i];
    return !different;
}

static bool same_epoch(struct stack_row *row, const struct stack_frames *stack)
{
    uint32_t epoch = __atomic_load_n(&row->epoch, __ATOMIC_RELAXED);
    if (likely(epoch == stack->epoch))
        return true;
    if (module_changed_between(epoch, stack->epoch, stack->frames, stack->count))
        return false;
    /* In both epochs the frames mean the same, so either may stand there for readers; the newer one
       makes the next comparison shorter. */
    if (epoch < stack->epoch)
        __atomic_store_n(&row->epoch, stack->epoch, __ATOMIC_RELAXED);
    return true;
}

/* The first match in a chain from `stack` down to, not including, `end`; 0 none. */
static uint32_t find(uint32_t stack, uint32_t end, uint32_t hash, const struct stack_frames *wanted)
{
    while (stack != end) {
        struct stack_row *row = depot_row(stack);
        if (row->hash == hash && same_frames(row, wanted) && same_epoch(row, wanted))
            return stack;
        stack = row->next;
    }
    return 0;
}

static struct stack_row *make_row(const struct stack_frames *stack, uint32_t hash)
{
    struct stack_row *row =
        section_reserve(SECTION_STACKS, sizeof *row + stack->count * sizeof row->frames[0]);
    if (!row)
        return NULL;
    row->hash = hash;
    row->frame_count = (uint16_t)stack->count;
    row->flags = stack->flags;
    row->epoch = stack->epoch;
    row->exact = stack->exact;
    for (uint32_t i = 0; i < stack->count; i++)
        row->frames[i] = stack->frames[i];
    return row;
}

static bool uses_second(void)
{
    return __atomic_load_n(&recording->sections[SECTION_STACKS - 1].used, __ATOMIC_RELAXED) >
           depot_second_from;
}

uint32_t depot_add(const struct stack_frames *stack)
{
    if (unlikely(!buckets || !recording || !stack->count))
        return 0;
    uint64_t full = stack_hash(stack);
    uint32_t hash = (uint32_t)full;
    uint32_t *bucket = &buckets[full >> 32 & (FIRST_BUCKETS - 1)], *first = NULL;
    if (unlikely(uses_second())) {
        first = bucket;
        bucket = &buckets[FIRST_BUCKETS + (full >> 32 & (BUCKETS - FIRST_BUCKETS - 1))];
    }
    /* Whoever sees an id here sees its row. Pairs with the release of the exchange below. */
    uint32_t head = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);
    uint32_t known = find(head, 0, hash, stack);
    if (!known && unlikely(first != NULL))
        known = find(__atomic_load_n(first, __ATOMIC_ACQUIRE), 0, hash, stack);
    if (likely(known))
        return known;
    struct stack_row *row = make_row(stack, hash);
    if (!row)
        return 0;
    uint32_t made = (uint32_t)(((unsigned char *)row - section_start[SECTION_STACKS]) / 8);
    for (;;) {
        row->next = head;
        uint32_t seen = head;
        if (__atomic_compare_exchange_n(bucket, &seen, made, false, __ATOMIC_RELEASE,
                                        __ATOMIC_ACQUIRE))
            return made;
        /* Others were faster: perhaps with the same stack. Our row is then never referred to. */
        known = find(seen, head, hash, stack);
        if (known)
            return known;
        head = seen;
    }
}

void stack_flag(uint32_t stack, uint16_t flag)
{
    struct stack_row *row = depot_row(stack);
    if (row)
        __atomic_fetch_or(&row->flags, flag, __ATOMIC_RELAXED);
}

bool stack_has_flag(uint32_t stack, uint16_t flag)
{
    struct stack_row *row = depot_row(stack);
    return row && (__atomic_load_n(&row->flags, __ATOMIC_RELAXED) & flag);
}

void depot_copy(const struct recording_view *parent, uint32_t stack,
                struct stack_frames *ret_frames)
{
    ret_frames->count = 0;
    if (!stack || !parent->section_start[SECTION_STACKS])
        return;
    const struct stack_row *row =
        (const struct stack_row *)(parent->section_start[SECTION_STACKS] + (uint64_t)stack * 8);
    ret_frames->count = row->frame_count;
    ret_frames->flags = row->flags & (STACK_TRUNCATED | STACK_BROKEN);
    ret_frames->epoch = row->epoch;
    ret_frames->exact = row->exact;
    mem_copy(ret_frames->frames, row->frames, row->frame_count * sizeof row->frames[0]);
}
