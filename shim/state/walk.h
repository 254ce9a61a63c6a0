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

/* words: may be NULL. */
void walk(const struct stack_start *start, uint32_t depth, struct stack_frames *ret_frames,
          struct walk_words *ret_words);

#endif
