/*
 * The handler of SIGTRAP, SIGILL and SIGSEGV while code is patched. It tells ours from the
 * program's:
 *
 *   - Code that came to bytes of a moved run other than its first: it met a trap there, and goes on
 *     in the moved copy. That is a jump target that the rewriter missed; it is counted.
 *   - A fault of a check: there is no filter cell for that address. It gets some, or the check is
 *     left out, so that the program's own instruction meets what is wrong with the address.
 *   - All else is the program's: its handler runs, or the default action happens, as if its code
 * had never been moved.
 *
 * The three signals stand from then on (state/signals.h). Runs on any thread at any time.
 */
#ifndef HOLDFAST_REWRITE_NET_H
#define HOLDFAST_REWRITE_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "format/rewrite.h"
#include "state/thread.h"

/* Before the first code is patched; the calling thread is the only one. cover: makes filter cells
   for a program's address, NULL where there are no checks. */
void net_start_up(struct thread *self, enum rewrite_form form, bool (*cover)(uintptr_t address));

/* Called with the owner of the entry (struct moved_module) whose net was met. */
extern void (*net_met)(void *owner);

/* Called before the process dies of a signal in the program: puts its text back. */
extern void (*net_ending)(void);

#endif
