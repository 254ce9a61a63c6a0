/*
 * child-leak: children that have ended and that nobody has waited for when the process ends. One
 * that still runs is none: who starts a daemon leaves it so.
 */
#ifndef HOLDFAST_DETECT_CHILD_LEAK_H
#define HOLDFAST_DETECT_CHILD_LEAK_H

#include "state/thread.h"

/* At the process's end: tells. Guard entered. */
void child_leak_look(struct thread *self);

#endif
