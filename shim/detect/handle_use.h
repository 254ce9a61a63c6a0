/*
 * use-after-close: a call was given a descriptor that is closed.
 *
 * Nothing is looked at before the call: a number that is open costs nothing here. What fails with
 * EBADF is looked up by its number; the other side of it, a number that stands for something else
 * by now, is told by stale-close (handle_misuse.h) and handle-race.
 */
#ifndef HOLDFAST_DETECT_HANDLE_USE_H
#define HOLDFAST_DETECT_HANDLE_USE_H

#include "state/handle.h"

/* A call with this stack, given fd, came back with EBADF. called: its name, NULL unknown. asks: it
   does no more than ask what the number is, which is how programs find out whether one of the
   standard descriptors is there. Guard entered. */
void handle_use_failed(struct thread *self, int fd, uint32_t stack, const char *called, bool asks);

/* A call is about to use the stream or directory at address; called from a wrapper with this frame.
   Tells when it is closed. The three standard streams, which daemons close and libraries go on to
   print to, stay usable in glibc: nothing is told of them. Guard entered. */
void handle_use_released(struct thread *self, enum handle_kind kind, uintptr_t address,
                         const char *called, const void *frame);

#endif
