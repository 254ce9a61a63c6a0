/*
 * What threads hold, for the leak scan: their registers, and which part of their stacks is dead.
 * One thread, world stopped, faults armed.
 */
#ifndef HOLDFAST_DETECT_THREAD_ROOTS_H
#define HOLDFAST_DETECT_THREAD_ROOTS_H

#include "detect/mark.h"
#include "detect/ranges.h"
#include "detect/root_map.h"
#include "state/thread.h"

/* Adds to excluded what of all stacks need not be read: below the stack pointers of running
   threads, and what ended ones left behind. sp: of self. */
void thread_stacks_exclude(struct ranges *excluded, const struct root_maps *maps,
                           const struct thread *self, uintptr_t sp);

/* Registers of all threads but the caller's, and what new threads were created for. */
void thread_registers_mark(struct mark *mark);

#endif
