/*
 * double-close and bad-close: what is wrong with a close.
 *
 * Sweeps. Daemons and whoever starts programs close every number from 3 to the limit and expect
 * most of them to fail. A sweep is a call stack that closes neighbouring numbers of which one was
 * never open in this run. That is known only at the second number, so the first is told and taken
 * back: told late would mean lost in a killed process. A loop that closes its own descriptors a
 * second time is no sweep: all of them were open once.
 */
#ifndef HOLDFAST_DETECT_HANDLE_MISUSE_H
#define HOLDFAST_DETECT_HANDLE_MISUSE_H

#include "state/handle.h"

/* At birth and in a fork's child. */
void handle_misuse_start_up(void);

/* The close that closing describes came back with EBADF. called: the function. Guard entered. */
void handle_close_failed(struct thread *self, const struct handle_closing *closing,
                         const char *called);

/* Before a close of the stream of row, when stream_is_gone(). Guard entered. */
void handle_stream_again(struct thread *self, const struct handle_row *row, bool certain,
                         uint32_t stack, const char *called);

#endif
