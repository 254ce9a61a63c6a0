#include "state/stack.h"

#include <stddef.h>
#include <ucontext.h>

#include "base/memory.h"
#include "state/depot.h"
#include "state/libunwind.h"
#include "state/moved.h"
#include "state/unwind.h"
#include "state/walk.h"

/* One remembered walk. It holds when pc, sp and every word it read are the same again, and nothing
   was forgotten since. Behind it lie its words: room values, then room offsets. */
struct memo_entry {
    uintptr_t pc, sp, bp;
    uintptr_t end; /* end of the highest word */
    uint32_t generation;
    uint32_t stack;
    uint16_t count, room; /* words; multiples of 4 */
    bool bp_used;
    uint64_t values[];
};

/* Only the owner thread touches it, guard entered. Entries lie one behind the other as they come,
   so that a thread with few stacks has few pages of them; when there is no more room, all go. The
   ways of a set also hold several stacks of one pc and sp: a function called from many places. */
#define MEMO_SETS  64u
#define MEMO_WAYS  8u
#define MEMO_WORDS (16u << 10) /* of 8 bytes */
struct stack_memo {
    struct memo_set {
        struct memo_way {
            uint16_t tag; /* of the hash; 0 = empty */
            uint16_t at;  /* entry, as an index into words */
        } way[MEMO_WAYS];
    } set[MEMO_SETS];
    uint32_t used; /* of words */
    uint32_t turn; /* which way is given up next, of the last half */
    struct walk_words scratch;
    uint64_t words[MEMO_WORDS];
};
static_assert(MEMO_WORDS <= UINT16_MAX + 1u, "at");

/* Counts stack_forget calls. Written by any thread, read by all before they trust a memo. */
uint32_t stack_generations = 1;

bool stack_start_up(void)
{
    return depot_start_up() && unwind_start_up();
}

struct stack_start stack_start_of(const struct thread *self, const void *frame)
{
    const uintptr_t *words = frame;
    return (struct stack_start){
        .pc = words[1],
        .sp = (uintptr_t)(words + 2),
        .bp = words[0],
        .low = self ? self->stack_low : 0,
        .high = self ? self->stack_high : 0,
    };
}

struct stack_start stack_start_of_context(const struct thread *self, const void *context)
{
    const greg_t *registers = ((const ucontext_t *)context)->uc_mcontext.gregs;
    uintptr_t lift, pc = moved_translate((uintptr_t)registers[REG_RIP], &lift);
    return (struct stack_start){
        .pc = pc,
        .sp = (uintptr_t)registers[REG_RSP] + lift,
        .bp = (uintptr_t)registers[REG_RBP],
        .exact = true,
        .low = self ? self->stack_low : 0,
        .high = self ? self->stack_high : 0,
        .registers = registers,
    };
}

void stack_walk(const struct stack_start *start, uint32_t depth, struct stack_frames *ret_frames)
{
    walk(start, depth < STACK_FRAMES_MAX ? depth : STACK_FRAMES_MAX, ret_frames, NULL);
}

uint32_t stack_at(struct thread *self, const struct stack_start *start)
{
    struct stack_frames frames;
    stack_walk(start, self ? self->depth : STACK_FRAMES_MAX, &frames);
    return depot_add(&frames);
}

static inline uint64_t memo_hash(uintptr_t pc, uintptr_t sp)
{
    return (pc ^ sp << 20) * 0x9e3779b97f4a7c15ull;
}

static inline uint16_t memo_tag(uint64_t hash)
{
    return (uint16_t)(hash >> 32) | 1;
}

static inline struct memo_set *memo_set(struct stack_memo *memo, uint64_t hash)
{
    static_assert(MEMO_SETS == 1u << 6, "the shift");
    return &memo->set[hash >> 58];
}

/* Is every word as it was? In groups of four (pad_words), without a branch inside: they almost
   always are. */
static inline bool same_words(const struct memo_entry *entry)
{
    const unsigned char *sp = (const unsigned char *)entry->sp;
    const uint64_t *value = entry->values, *end = value + entry->count;
    const int32_t *offset = (const int32_t *)(value + entry->room);
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; value < end; offset += 4, value += 4) {
        a |= *(const uint64_t *)(sp + offset[0]) ^ value[0];
        b |= *(const uint64_t *)(sp + offset[1]) ^ value[1];
        c |= *(const uint64_t *)(sp + offset[2]) ^ value[2];
        d |= *(const uint64_t *)(sp + offset[3]) ^ value[3];
    }
    return !(a | b | c | d);
}

/* frame: a wrapper's first words. */
static inline bool holds(const struct thread *self, const struct memo_entry *entry,
                         const uintptr_t *frame)
{
    uintptr_t sp = (uintptr_t)(frame + 2);
    return likely(entry->pc == frame[1] && entry->sp == sp) &&
           likely(entry->generation == stack_generation()) &&
           likely(entry->end <= self->stack_high) && likely(!entry->end || sp >= self->stack_low) &&
           likely(!entry->bp_used || entry->bp == frame[0]) && likely(same_words(entry));
}

static inline const struct memo_entry *memo_at(const struct stack_memo *memo,
                                               const struct memo_way *way)
{
    return (const struct memo_entry *)&memo->words[way->at];
}

/* What is found comes to the front of its set. */
static __attribute__((noinline)) const struct memo_entry *
memo_find_further(struct thread *self, const uintptr_t *frame, uint64_t hash)
{
    struct memo_set *set = memo_set(self->memo, hash);
    for (uint32_t i = 1; i < MEMO_WAYS; i++) {
        struct memo_way way = set->way[i];
        if (way.tag != memo_tag(hash) || !holds(self, memo_at(self->memo, &way), frame))
            continue;
        set->way[i] = set->way[0];
        set->way[0] = way;
        return memo_at(self->memo, &way);
    }
    return NULL;
}

static inline __attribute__((always_inline)) const struct memo_entry *
memo_find(struct thread *self, const uintptr_t *frame)
{
    uint64_t hash = memo_hash(frame[1], (uintptr_t)(frame + 2));
    const struct memo_way *first = &memo_set(self->memo, hash)->way[0];
    const struct memo_entry *entry = memo_at(self->memo, first);
    if (likely(first->tag == memo_tag(hash)) && likely(holds(self, entry, frame)))
        return entry;
    return memo_find_further(self, frame, hash);
}

static void pad_words(struct walk_words *words)
{
    static_assert(WALK_WORDS_MAX % 4 == 0, "room for whole groups");
    for (; words->count % 4; words->count++) {
        words->offsets[words->count] = words->offsets[0];
        words->values[words->count] = words->values[0];
    }
}

/* A way for an entry of the words in scratch: an empty one, or any; the room of the entry that had
   it is used again where it is enough. */
static struct memo_entry *memo_place(struct stack_memo *memo, uint64_t hash,
                                     const struct stack_start *start, struct memo_way **ret_way)
{
    struct memo_set *set = memo_set(memo, hash);
    struct memo_way *way = NULL;
    for (uint32_t i = 0; i < MEMO_WAYS && !way; i++)
        if (!set->way[i].tag)
            way = &set->way[i];
    if (!way)
        way = &set->way[MEMO_WAYS / 2 + memo->turn++ % (MEMO_WAYS / 2)];
    uint32_t room = memo->scratch.count;
    struct memo_entry *entry = (struct memo_entry *)&memo->words[way->at];
    bool fits = way->tag && entry->room >= room;
    way->tag = 0; /* while it is half written: a handler may come to look at this very entry */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (!fits) {
        uint32_t size = (uint32_t)(sizeof *entry / 8) + room + room / 2;
        if (memo->used + size > MEMO_WORDS) {
            mem_clear(memo->set, sizeof memo->set);
            __atomic_signal_fence(__ATOMIC_SEQ_CST);
            memo->used = 0;
        }
        way->at = (uint16_t)memo->used;
        entry = (struct memo_entry *)&memo->words[memo->used];
        entry->room = (uint16_t)room;
        memo->used += size;
    }
    entry->pc = start->pc;
    *ret_way = way;
    return entry;
}

static void memo_keep(struct stack_memo *memo, const struct stack_start *start, uint32_t generation,
                      uint32_t stack)
{
    struct walk_words *words = &memo->scratch;
    uint64_t hash = memo_hash(start->pc, start->sp);
    struct memo_way *way;
    pad_words(words);
    struct memo_entry *entry = memo_place(memo, hash, start, &way);
    entry->sp = start->sp;
    entry->bp = start->bp;
    entry->end = 0; /* all on the page that sp stands on: can be read whenever sp is the same */
    if (start->sp >= start->low && start->sp < start->high)
        for (uint32_t i = 0; i < words->count; i++) {
            uintptr_t end = start->sp + (uintptr_t)(intptr_t)words->offsets[i] + 8;
            entry->end = end > entry->end ? end : entry->end;
        }
    entry->generation = generation;
    entry->stack = stack;
    entry->bp_used = words->bp_used;
    entry->count = (uint16_t)words->count;
    mem_copy(entry->values, words->values, words->count * sizeof words->values[0]);
    mem_copy(entry->values + entry->room, words->offsets, words->count * sizeof words->offsets[0]);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    way->tag = memo_tag(hash);
}

static __attribute__((noinline)) uint32_t stack_here_slow(struct thread *self, const void *frame)
{
    struct stack_start start = stack_start_of(self, frame);
    struct stack_frames frames;
    if (!self->memo)
        self->memo = pages_map_wiped(sizeof *self->memo);
    if (!self->memo) {
        stack_walk(&start, self->depth, &frames);
        return depot_add(&frames);
    }
    struct walk_words *words = &self->memo->scratch;
    uint32_t generation = stack_generation();
    words->count = 0;
    words->bp_used = false;
    words->incomplete = false;
    walk(&start, self->depth < STACK_FRAMES_MAX ? self->depth : STACK_FRAMES_MAX, &frames, words);
    uint32_t stack = depot_add(&frames);
    if (!words->incomplete && stack)
        memo_keep(self->memo, &start, generation, stack);
    return stack;
}

uint32_t stack_here(struct thread *self, const void *frame)
{
    const struct memo_entry *entry = likely(self->memo) ? memo_find(self, frame) : NULL;
    return likely(entry) ? entry->stack : stack_here_slow(self, frame);
}

static bool is_frame(const struct stack_row *row, uint64_t pc)
{
    for (uint32_t i = 0; row && i < row->frame_count; i++)
        if (row->frames[i] == pc)
            return true;
    return false;
}

/* The lowest word above address that the walk read and took for a return address. */
void stack_frame_around(struct thread *self, const void *frame, uintptr_t address,
                        uintptr_t *ret_slot, uintptr_t *ret_pc)
{
    const struct stack_row *row = depot_row(stack_here(self, frame));
    const struct memo_entry *entry = self->memo ? memo_find(self, frame) : NULL;
    if (!row || !entry)
        return;
    const int32_t *offsets = (const int32_t *)(entry->values + entry->room);
    uintptr_t lowest = UINTPTR_MAX;
    for (uint32_t i = 0; i < entry->count; i++) {
        uintptr_t at = entry->sp + (uintptr_t)(intptr_t)offsets[i];
        if (at >= address && at < lowest && is_frame(row, entry->values[i])) {
            lowest = at;
            *ret_pc = entry->values[i];
        }
    }
    if (lowest != UINTPTR_MAX)
        *ret_slot = lowest;
}

void stack_forget(void)
{
    unwind_forget();
    /* Pairs with the acquires: who reads the new number walks with the new rows. */
    __atomic_fetch_add(&stack_generations, 1, __ATOMIC_RELEASE);
}

void stack_after_fork(void)
{
    depot_after_fork();
    libunwind_after_fork();
    __atomic_fetch_add(&stack_generations, 1, __ATOMIC_RELEASE);
}

void stack_safe_point(void)
{
    libunwind_load_if_asked();
}
