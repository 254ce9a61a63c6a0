/*
 * stale-close: a number is closed by who does not own it any more.
 *
 * The close succeeds, so that it was wrong is known only
 *   - at once, where the number belongs to a stream or directory, whose own function closes it;
 *   - at once, where the number was opened anew by another thread, unordered with this close by who
 *     had it before (detect/handle_race.c);
 *   - later, when its owner gets EBADF: likely, where the very place that had closed it for its
 *     former owner was also the one that closed it now. Any other is a double close of its owner's.
 */
#ifndef HOLDFAST_DETECT_HANDLE_STALE_H
#define HOLDFAST_DETECT_HANDLE_STALE_H

#include "state/handle.h"

/* The close that closing describes is about to be made. Guard entered. */
void handle_stale_close(struct thread *self, const struct handle_closing *closing);

/* A call with this stack got EBADF for row's number. Told when the close before was a stale one;
   else false. called: its name. */
bool handle_stale_seen(struct thread *self, const struct handle_row *row, uint32_t stack,
                       const char *called);

/* A stack closes numbers to be sure (detect/handle_sweep.h): what was told of it is none. */
void handle_stale_take_back(uint32_t stack);

#endif
