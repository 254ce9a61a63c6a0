/* double-close and bad-close: what is wrong with a close. */
#ifndef HOLDFAST_DETECT_HANDLE_MISUSE_H
#define HOLDFAST_DETECT_HANDLE_MISUSE_H

#include "state/handle.h"

/* The close that closing describes came back with EBADF. called: the function. Guard entered. */
void handle_close_failed(struct thread *self, const struct handle_closing *closing,
                         const char *called);

/* Before a close of the resource of row, when resource_is_gone(). Guard entered. */
void handle_released_again(struct thread *self, const struct handle_row *row, bool certain,
                           uint32_t stack, const char *called);

/* Before a release of a resource that never was, nor is anything there. Guard entered. */
void handle_never_made(struct thread *self, enum handle_kind kind, uint64_t value, uint32_t stack,
                       const char *called);

#endif
