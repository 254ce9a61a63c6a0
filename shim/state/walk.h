/*
 * The walk over one stack, row by row (state/unwind.h), and the note of what it read.
 *
 * Memory is read only inside the known bounds of the stack; where there are none (a stack of the
 * program's own making, an alternate signal stack) each page is asked for first. So a walk over a
 * damaged stack ends, and never faults.
 *
 * Used by state/stack.c. Any thread; safe in signal handlers.
 */
#ifndef HOLDFAST_STATE_WALK_H
#define HOLDFAST_STATE_WALK_H

#include <assert.h>

#include "state/stack.h"
#include "state/unwind.h"

#define WALK_WORDS_MAX 80u

/* The words that decided where a walk went: together with pc (and bp, where bp_used) they make its
   result. Offsets are from the first sp. */
struct walk_words {
    uint32_t count;
    bool bp_used;    /* the first bp mattered */
    bool incomplete; /* there were more words, or some that may not be read again without a check */
    int32_t offsets[WALK_WORDS_MAX];
    uint64_t values[WALK_WORDS_MAX];
};

/* Is every word as it was, read from the same sp? In groups of four (walk_words_pad), without a
   branch inside: they almost always are. */
static inline bool walk_words_same(const struct walk_words *words, uintptr_t sp)
{
    const unsigned char *at = (const unsigned char *)sp;
    const int32_t *offset = words->offsets, *end = offset + words->count;
    const uint64_t *value = words->values;
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; offset < end; offset += 4, value += 4) {
        a |= *(const uint64_t *)(at + offset[0]) ^ value[0];
        b |= *(const uint64_t *)(at + offset[1]) ^ value[1];
        c |= *(const uint64_t *)(at + offset[2]) ^ value[2];
        d |= *(const uint64_t *)(at + offset[3]) ^ value[3];
    }
    return !(a | b | c | d);
}

static inline void walk_words_pad(struct walk_words *words)
{
    static_assert(WALK_WORDS_MAX % 4 == 0, "room for whole groups");
    for (; words->count % 4; words->count++) {
        words->offsets[words->count] = words->offsets[0];
        words->values[words->count] = words->values[0];
    }
}

/* The end of the highest word; 0: sp is not within [low, high), all that was read without asking
   lies on the page of sp. */
static inline uintptr_t walk_words_end(const struct walk_words *words,
                                       const struct stack_start *start)
{
    uintptr_t highest = 0;
    if (start->sp >= start->low && start->sp < start->high)
        for (uint32_t i = 0; i < words->count; i++) {
            uintptr_t end = start->sp + (uintptr_t)(intptr_t)words->offsets[i] + 8;
            highest = end > highest ? end : highest;
        }
    return highest;
}

/* words: may be NULL. */
void walk(const struct stack_start *start, uint32_t depth, struct stack_frames *ret_frames,
          struct walk_words *ret_words);

#endif
