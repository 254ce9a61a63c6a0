/*
 * fd-exhausted: a call that opens failed because there is no free descriptor. Told once, by the
 * first such call, with the places that had opened most of what was open then; further calls count.
 */
#ifndef HOLDFAST_DETECT_HANDLE_EXHAUSTED_H
#define HOLDFAST_DETECT_HANDLE_EXHAUSTED_H

#include "state/thread.h"

/* At birth and in a fork's child. */
void handle_exhausted_start_up(void);

/* The call with this stack failed with error: EMFILE or ENFILE. called: its name, NULL unknown.
   Guard entered. */
void handle_exhausted(struct thread *self, int error, uint32_t stack, const char *called);

#endif
