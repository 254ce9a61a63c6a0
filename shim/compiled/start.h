/* What the wiring (shim/start.c) tells this source of events. */
#ifndef HOLDFAST_COMPILED_START_H
#define HOLDFAST_COMPILED_START_H

/* In a fork's child: locks that other threads held are free. */
void compiled_after_fork(void);

#endif
