/*
 * Things that threads use through calls and that are not bytes of the program: a stream, a
 * directory, the hidden state of a libc function. Used by detect/stream_race and
 * detect/unsafe_call.
 *
 * Each thing is a location as FastTrack has them: the last exclusive use (a close, a call that
 * changes the state) and every shared use since that is not ordered before a newer one of the same
 * thread. A shared use conflicts with exclusive ones, an exclusive one with all; what vector clocks
 * order does not conflict.
 *
 * Things are found by key and kind in a table of buckets, each with a lock of its own.
 *
 * Any thread, guard entered.
 */
#ifndef HOLDFAST_STATE_USAGE_H
#define HOLDFAST_STATE_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "state/thread.h"
#include "state/vclock.h"

enum usage_kind { USAGE_STREAM = 1, USAGE_DIRECTORY, USAGE_STATE };

struct usage {
    stamp_t stamp;      /* 0 = none */
    const char *called; /* a literal */
    uint32_t thread;
    context_t context;
};

/* What happened now and, where the call returned true, what it conflicts with. */
struct usage_conflict {
    struct usage here, earlier;
    bool earlier_exclusive;
};

/* The thread uses the thing from a wrapper with this frame. True when a use by another thread is
   not ordered before this one. */
bool usage_note(struct thread *self, enum usage_kind kind, uintptr_t key, bool exclusive,
                const char *called, const void *frame, struct usage_conflict *ret_conflict);

/* The thing is another one from now on. */
void usage_forget(enum usage_kind kind, uintptr_t key);

/* In a fork's child: nothing is known, and locks that another thread left taken are free. */
void usage_after_fork(void);

#endif
