/*
 * Who waits for an object right now: for detectors that must be sure before they say that an object
 * is destroyed under its waiters. What threads say of themselves (state/wait.h) is a hint; a thread
 * that was let through already may not have come back yet. The kernel knows.
 *
 * Guard entered; asks the kernel once for each thread that says it waits.
 */
#ifndef HOLDFAST_STATE_WAITER_H
#define HOLDFAST_STATE_WAITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/tables.h"
#include "state/thread.h"

struct waiters {
    uint32_t asleep;        /* on a futex in the object: nobody has let them through */
    uint32_t unsure;        /* say that they wait, and the kernel does not tell where they are */
    uint32_t thread, stack; /* the newest of the former, else of the latter */
    uint64_t since;
};

/* Threads other than self whose wait is of this kind for the object at address; its futex words lie
   in the size bytes from there. not_with: not those who wait with this mutex; 0 = all. */
struct waiters waiters_of(const struct thread *self, enum wait_kind kind, uintptr_t address,
                          size_t size, uintptr_t not_with);

#endif
