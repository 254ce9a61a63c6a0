/*
 * handle-race for streams (FILE *) and directories (DIR *): one thread closes it, or opens another
 * file under it, while another uses it, and nothing orders the two. Uses among themselves do not
 * race: libc locks each stream and directory (but see unsafe_call for readdir).
 *
 * Guard entered, and only where accesses are watched.
 */
#ifndef HOLDFAST_DETECT_STREAM_RACE_H
#define HOLDFAST_DETECT_STREAM_RACE_H

#include <stdint.h>

#include "state/thread.h"
#include "state/usage.h"

/* kind: USAGE_STREAM or USAGE_DIRECTORY; called: the function, a literal. */
void stream_race_use(struct thread *self, enum usage_kind kind, const void *object,
                     const char *called, const void *frame);

/* Before it is closed. */
void stream_race_close(struct thread *self, enum usage_kind kind, const void *object,
                       const char *called, const void *frame);

/* A call has returned the object: uses of an older one at the address are not its. */
void stream_race_opened(enum usage_kind kind, const void *object);

#endif
