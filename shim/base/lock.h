/*
 * The shim's own lock: a futex word. Ranks are the order in which locks may nest; the rows of
 * base/locks.def are all there are, and fork resets them in the child by looping over the table.
 *
 * A lock is only ever held for a few instructions, never across a call into libc or the program.
 * lock_try is for signal handlers: a handler may have interrupted the holder on the same thread.
 */
#ifndef HOLDFAST_BASE_LOCK_H
#define HOLDFAST_BASE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

enum lock_rank {
#define LOCK(id, protects) LOCK_##id,
#include "base/locks.def"
#undef LOCK
    LOCK_COUNT
};

/* Takes the lock. Never called by code that a signal handler can reach while its own thread holds
   it: wrappers run with the guard entered, and a handler that finds the guard entered does nothing.
 */
void lock_take(enum lock_rank rank);
bool lock_try(enum lock_rank rank);
void lock_give(enum lock_rank rank);

/* In a fork's child: nobody holds anything any more. */
void lock_reset_all(void);

#endif
