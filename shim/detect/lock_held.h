/*
 * lock-held: a thread or the process ends, and a lock that it holds can never be released.
 * lock-held-long: a thread blocks for longer than hold_threshold with a lock that another thread
 * waited for meanwhile.
 *
 * Robust locks and those that processes share outlive their holder; what the forking thread held
 * before a fork is its parent's to release. Guard entered.
 */
#ifndef HOLDFAST_DETECT_LOCK_HELD_H
#define HOLDFAST_DETECT_LOCK_HELD_H

#include "state/thread.h"

/* self has made its last step; nothing of the program runs in it any more. */
void lock_held_thread_ends(struct thread *self);

/* self ends the process. recording->ending is set. */
void lock_held_process_ends(struct thread *self);

/* self, which holds locks, jumps from the wrapper's frame to a function whose stack pointer is
   target. */
void lock_held_jumps(struct thread *self, const void *frame, uintptr_t target);

/* self, which holds locks, throws an exception; and has caught it. frame: the wrapper's. */
void lock_held_thrown(struct thread *self, const void *frame);
void lock_held_caught(struct thread *self, const void *frame);

/* self, which holds locks, comes out of the wait that its row still describes. */
void lock_held_waited(struct thread *self, uint32_t wait_kind);

#endif
