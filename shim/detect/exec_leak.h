/*
 * exec-leak: descriptors without close-on-exec that go on into another program, though nothing says
 * that they are meant for it. Meant for it are the standard descriptors, numbers that were chosen
 * (dup2), those whose close-on-exec was taken off, and what the file actions of posix_spawn name.
 *
 * A fork's child has no rows of its parent's: what could leak is gathered at the fork, of the first
 * numbers and places, and asked of the kernel when the child execs.
 */
#ifndef HOLDFAST_DETECT_EXEC_LEAK_H
#define HOLDFAST_DETECT_EXEC_LEAK_H

#include <stdbool.h>

#include "base/recording.h"
#include "state/thread.h"

/* An exec, or a posix_spawn that succeeded, with this stack. is_named: of a number, whether the
   call itself says what becomes of it; NULL none. Guard entered. */
void exec_leak_look(struct thread *self, uint32_t stack, bool (*is_named)(int fd, const void *with),
                    const void *with);

/* That exec failed. */
void exec_leak_take_back(uint32_t stack);

/* In a fork's child, while its parent's recording is still mapped; and when its own is there. */
void exec_leak_gather(const struct recording_view *parent);
void exec_leak_keep(void);

#endif
