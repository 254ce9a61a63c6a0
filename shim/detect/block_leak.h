/*
 * Memory leaks: the scan at the last look.
 */
#ifndef HOLDFAST_DETECT_BLOCK_LEAK_H
#define HOLDFAST_DETECT_BLOCK_LEAK_H

#include "state/thread.h"

/*
 * Stops all other threads, finds the blocks that nothing points to any more, lets the threads go
 * on, and tells: one finding for each stack that allocated direct leaks; the scan's sums in the
 * header of the recording; each block's verdict in its row. Where that cannot be done (no memory,
 * no /proc) it says so in the header (UNOBSERVED_SCAN_SKIPPED) and nothing else.
 *
 * Called once, by the thread that ends the process, guard entered, LOCK_LAST_LOOK held. Roots of
 * this thread are what lies above the caller's frame, and callee-saved registers.
 */
void block_leak_scan(struct thread *self);

#endif
