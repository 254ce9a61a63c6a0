/* Names that outlive a process: of shared memory, semaphores, queues, temporary files. */
#ifndef HOLDFAST_DETECT_LASTING_NAME_H
#define HOLDFAST_DETECT_LASTING_NAME_H

#include <stdbool.h>
#include <stdint.h>

/* Is there something by that name, as the kernel says now? kind: enum handle_kind, one of those
   that are names; id: of what has a number instead (System V). Needs no guard. */
bool lasting_name_is_there(unsigned kind, const char *name, uint64_t id);

#endif
