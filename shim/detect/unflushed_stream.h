/*
 * unflushed-stream: what was printed to a stream and lost because the process ended without
 * flushing it: _exit, quick_exit, abort, a signal. libc's own list of streams is read as memory
 * that may be half changed, through the kernel and without a lock: another thread may be in the
 * middle of a call, or the one that ended the process.
 *
 * In a fork's child, what the parent had not written yet is the parent's to write; only what the
 * child added counts.
 */
#ifndef HOLDFAST_DETECT_UNFLUSHED_STREAM_H
#define HOLDFAST_DETECT_UNFLUSHED_STREAM_H

#include "state/thread.h"

/* At birth, outside of signal handlers. */
void unflushed_stream_start_up(void);

/* In a fork's child, before it does anything: what lies unwritten now is not its own. */
void unflushed_stream_after_fork(void);

/* The process ends and nothing is flushed any more. here: stacks, where it ends; 0 unknown. The
   calling thread must not be inside the shim otherwise. */
void unflushed_stream_look(struct thread *self, uint32_t here);

#endif
