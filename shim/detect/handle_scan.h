/*
 * Which handles something still points to: the part that handles have in the scan for leaks.
 *
 * The value of most resources is the address of a heap block. What the marking reached is held by
 * somebody; of what it did not reach nobody is left who could release it. That says HANDLE_REACHED
 * or HANDLE_LOST in each row's flags, for detect/handle_leak. Its memory belongs to the handle's
 * finding: it is marked afterwards, so that no leak of memory is told of it.
 *
 * libc keeps all streams in a list, which says nothing of the program: that list is not followed at
 * first (mark->chains, and what handle_scan_excludes adds), and is when the handles are judged.
 *
 * Of what lies in memory of the program's own (attributes, semaphores) it is that memory that
 * counts: a block that was freed or is leaked, or a stack that has gone back, took it along.
 *
 * World stopped, faults armed; one thread. Takes no lock.
 */
#ifndef HOLDFAST_DETECT_HANDLE_SCAN_H
#define HOLDFAST_DETECT_HANDLE_SCAN_H

#include "detect/mark.h"
#include "detect/ranges.h"
#include "state/thread.h"

/* Is there any to judge? */
bool handle_scan_wanted(void);

/* After mark_begin. */
void handle_scan_begin(struct mark *mark);

/* Adds the words that are no roots at first. */
void handle_scan_excludes(struct ranges *excluded);

/* After the last root was followed. sp: where the stack of self begins. */
void handle_scan_judge(struct mark *mark, const struct thread *self, uintptr_t sp);

/* Handles that a finding is about when they are left behind. */
bool handle_is_the_programs(uint16_t flags);

#endif
