/*
 * Reading memory that may not be there: while armed, a SIGSEGV or SIGBUS of the arming thread goes
 * on at the last fault_point_set, which then returns true. Faults of other threads get the
 * program's own action. Used by the leak scan, by one thread at a time, with the world stopped.
 */
#ifndef HOLDFAST_DETECT_FAULT_H
#define HOLDFAST_DETECT_FAULT_H

#include <stdbool.h>

void fault_arm(void);
void fault_disarm(void);

/* False when set; true when a read since then has failed. As with setjmp, the calling function must
   not have returned by then, and what it needs afterwards must be in memory. */
bool fault_point_set(void) __attribute__((returns_twice));

#endif
