/*
 * lock-misuse, unlock-misuse: locks used before or after their life, destroyed or initialised while
 * in use, lost with their memory while held, and released by who does not hold them.
 *
 * Our own books say who holds a lock as far as we saw it; the lock's memory says whether anybody
 * does, and for most sorts who. Only what both agree on is told. Of a lock with SYNC_UNSEEN (taken
 * in a fork's parent, by a handler inside the shim) the books are not asked.
 *
 * Guard entered.
 */
#ifndef HOLDFAST_DETECT_LOCK_MISUSE_H
#define HOLDFAST_DETECT_LOCK_MISUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "state/held.h"
#include "state/sync.h"

/* A call on a lock. */
struct lock_use {
    struct thread *self;
    struct sync *lock;
    const char *called; /* the function, NULL where that says nothing */
    uint32_t stack;
};

/* The call is about to release a lock that self does not hold, as far as we saw. Returns true when
   that was told; *ret_ours says that the lock's memory names self as its holder. */
bool lock_misuse_unlock(const struct lock_use *use, bool *ret_ours);

/* The call is about to release with the wrong function what self holds in row. */
void lock_misuse_family(const struct lock_use *use, const struct held *row);

/* The call returned an error that says misuse. */
void lock_misuse_error(const struct lock_use *use, int error);

/* The call uses a lock that was destroyed. */
void lock_misuse_destroyed(const struct lock_use *use);

/* The call is about to initialise a lock that is known and was not destroyed. */
void lock_misuse_initialising(const struct lock_use *use);

/* The call is about to destroy a lock; true when it is held or waited for. */
bool lock_misuse_destroying(const struct lock_use *use);

/* The lock's memory is given up (freed, unmapped, its function left) by the call. */
void lock_misuse_gone(const struct lock_use *use);

#endif
