/* fd-leak and handle-leak: what the program opened and left open. */
#ifndef HOLDFAST_DETECT_HANDLE_LEAK_H
#define HOLDFAST_DETECT_HANDLE_LEAK_H

#include "state/thread.h"

/* At the last look: one finding for each place that opened something that is still open, and what
   it is (path, addresses of a socket) into the rows. Not told: what was inherited or not seen being
   opened, what belongs to another handle, and the standard descriptors 0 to 2, which are the
   process's own for life. One thread at a time (LOCK_LAST_LOOK), guard entered. */
void handle_leak_look(struct thread *self);

#endif
