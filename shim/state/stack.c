#include "state/stack.h"

#include <stddef.h>
#include <ucontext.h>

#include "base/memory.h"
#include "state/depot.h"
#include "state/libunwind.h"
#include "state/unwind.h"
#include "state/walk.h"

#define MEMO_ENTRIES 128u

/* One remembered walk. It holds when pc, sp and every word it read are the same again, and nothing
   was forgotten since. Only the owner thread touches it, guard entered. */
struct memo_entry {
    uintptr_t pc, sp, bp; /* pc 0: empty */
    uintptr_t end;        /* end of the highest word */
    uint32_t generation;
    uint32_t stack;
    struct walk_words words;
};

struct stack_memo {
    struct memo_entry entries[MEMO_ENTRIES];
};

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
    return (struct stack_start){
        .pc = (uintptr_t)registers[REG_RIP],
        .sp = (uintptr_t)registers[REG_RSP],
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

static inline struct memo_entry *memo_entry(struct stack_memo *memo, uintptr_t pc, uintptr_t sp)
{
    return &memo->entries[((pc ^ sp << 20) * 0x9e3779b97f4a7c15ull) >> 32 & (MEMO_ENTRIES - 1)];
}

/* Is every word as it was? In groups of four (pad_words), without a branch inside: they almost
   always are. */
static inline bool same_words(const struct memo_entry *entry)
{
    const unsigned char *sp = (const unsigned char *)entry->sp;
    const int32_t *offset = entry->words.offsets, *end = offset + entry->words.count;
    const uint64_t *value = entry->words.values;
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; offset < end; offset += 4, value += 4) {
        a |= *(const uint64_t *)(sp + offset[0]) ^ value[0];
        b |= *(const uint64_t *)(sp + offset[1]) ^ value[1];
        c |= *(const uint64_t *)(sp + offset[2]) ^ value[2];
        d |= *(const uint64_t *)(sp + offset[3]) ^ value[3];
    }
    return !(a | b | c | d);
}

static void pad_words(struct walk_words *words)
{
    static_assert(WALK_WORDS_MAX % 4 == 0, "room for whole groups");
    for (; words->count % 4; words->count++) {
        words->offsets[words->count] = words->offsets[0];
        words->values[words->count] = words->values[0];
    }
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
    struct memo_entry *entry = memo_entry(self->memo, start.pc, start.sp);
    entry->pc = 0; /* while it is half written: a handler may come to look at this very entry */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    entry->generation = stack_generation();
    entry->words.count = 0;
    entry->words.bp_used = false;
    entry->words.incomplete = false;
    walk(&start, self->depth < STACK_FRAMES_MAX ? self->depth : STACK_FRAMES_MAX, &frames,
         &entry->words);
    uint32_t stack = depot_add(&frames);
    if (entry->words.incomplete || !stack)
        return stack;
    pad_words(&entry->words);
    entry->sp = start.sp;
    entry->bp = start.bp;
    entry->end = 0; /* all on the page that sp stands on: can be read whenever sp is the same */
    if (start.sp >= start.low && start.sp < start.high)
        for (uint32_t i = 0; i < entry->words.count; i++) {
            uintptr_t end = start.sp + (uintptr_t)(intptr_t)entry->words.offsets[i] + 8;
            entry->end = end > entry->end ? end : entry->end;
        }
    entry->stack = stack;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    entry->pc = start.pc;
    return stack;
}

uint32_t stack_here(struct thread *self, const void *frame)
{
    const uintptr_t *words = frame;
    uintptr_t pc = words[1], sp = (uintptr_t)(words + 2);
    if (unlikely(!self->memo))
        return stack_here_slow(self, frame);
    const struct memo_entry *entry = memo_entry(self->memo, pc, sp);
    if (likely(entry->pc == pc && entry->sp == sp) &&
        likely(entry->generation == stack_generation()) && likely(entry->end <= self->stack_high) &&
        likely(!entry->end || sp >= self->stack_low) &&
        likely(!entry->words.bp_used || entry->bp == words[0]) && likely(same_words(entry)))
        return entry->stack;
    return stack_here_slow(self, frame);
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
    const uintptr_t *words = frame;
    const struct stack_row *row = depot_row(stack_here(self, frame));
    const struct memo_entry *entry =
        self->memo ? memo_entry(self->memo, words[1], (uintptr_t)(words + 2)) : NULL;
    if (!row || !entry || entry->pc != words[1] || entry->sp != (uintptr_t)(words + 2))
        return;
    uintptr_t lowest = UINTPTR_MAX;
    for (uint32_t i = 0; i < entry->words.count; i++) {
        uintptr_t at = entry->sp + (uintptr_t)(intptr_t)entry->words.offsets[i];
        if (at >= address && at < lowest && is_frame(row, entry->words.values[i])) {
            lowest = at;
            *ret_pc = entry->words.values[i];
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
