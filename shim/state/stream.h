/*
 * Streams (FILE *) among the resources: what is particular to them. Any thread, guard entered.
 */
#ifndef HOLDFAST_STATE_STREAM_H
#define HOLDFAST_STATE_STREAM_H

#include "state/resource.h"

/* The row of the stream at address, in any state but NONE; else NULL. */
static inline struct handle_row *stream_find(uintptr_t address)
{
    return resource_find(HANDLE_KIND_STREAM, address);
}

/* A call returned the stream at address with descriptor fd (negative: none). The descriptor's row
   is the caller's to tell. */
static inline void stream_opened(struct thread *self, uintptr_t address, int fd,
                                 const struct handle_birth *birth)
{
    resource_opened(self, address, fd < 0 ? 0 : (uint64_t)fd + 1, birth);
}

/* Before the stream at address is closed, with the descriptor under it. One that we did not see
   being opened is adopted. state: HANDLE_CLOSED, or CLOSING for freopen. */
void stream_closing(struct thread *self, uintptr_t address, enum handle_state state,
                    uint32_t stack);

#endif
