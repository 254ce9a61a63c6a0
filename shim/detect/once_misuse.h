/* once-misuse: an initialisation that waits for itself. Told before the call that will never come
   back. Guard entered. */
#ifndef HOLDFAST_DETECT_ONCE_MISUSE_H
#define HOLDFAST_DETECT_ONCE_MISUSE_H

#include <stdint.h>

#include "state/sync.h"

/* self runs the initialisation of this once control or guard and asks for it again in a wrapper
   with this frame. */
void once_misuse_recursive(struct thread *self, const struct sync *once, const void *frame);

#endif
