/*
 * Streams (FILE *): rows in SECTION_HANDLES, found by address. The rules of state/handle.h hold;
 * extra of a stream's row is its descriptor + 1, 0 for one that has none (fmemopen …).
 *
 * The address of a FILE is a heap block that libc gives back in fclose and hands out again for
 * another FILE, also for one that we do not see being opened (setmntent …): stream_is_gone tells a
 * closed stream from such a new one. Rows of closed streams are kept until STREAMS_CLOSED_KEPT
 * newer ones are there.
 *
 * Any thread, guard entered. LOCK_STREAMS protects the index by address and the states.
 */
#ifndef HOLDFAST_STATE_STREAM_H
#define HOLDFAST_STATE_STREAM_H

#include "state/handle.h"

#define STREAMS_CLOSED_KEPT 1024u

/* At birth and in a fork's child: none is known. */
void stream_start_up(void);

/* The row of the stream at address, in any state but NONE; else NULL. */
struct handle_row *stream_find(uintptr_t address);

/* A call returned the stream at address with descriptor fd (negative: none). The descriptor's row
   is the caller's to tell. */
void stream_opened(struct thread *self, uintptr_t address, int fd,
                   const struct handle_birth *birth);

/* Before the stream at address is closed, with the descriptor under it. One that we did not see
   being opened is adopted. state: HANDLE_CLOSED, or CLOSING for freopen. */
void stream_closing(struct thread *self, uintptr_t address, enum handle_state state,
                    uint32_t stack);

/* What was known of it is stale. */
void stream_forget(uintptr_t address);

/* True when row's stream is closed and nothing else can be at its address. ret_certain: false when
   that rests only on our not having seen another being opened. */
bool stream_is_gone(const struct handle_row *row, bool *ret_certain);

/* Calls visit for every open stream. No lock is held: visit may take any. */
void stream_each(void (*visit)(struct handle_row *row, void *with), void *with);

/* Descriptor of a row, -1 none. */
static inline int stream_fd(const struct handle_row *row)
{
    return (int)row->extra - 1;
}

#endif
