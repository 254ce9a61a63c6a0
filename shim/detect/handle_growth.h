/*
 * handle-growth: handles of one creation stack pile up, because each is released only when all are
 * there. The naive rule is that at least 32 were open at once, and that this is at least half of
 * all that were ever made there. It meets pools too, which fill up once and then serve for long:
 * so the pile must have taken longer to grow than it then stood. What was never released is a leak.
 */
#ifndef HOLDFAST_DETECT_HANDLE_GROWTH_H
#define HOLDFAST_DETECT_HANDLE_GROWTH_H

#include "state/creation.h"
#include "state/thread.h"

/* At the last look. Guard entered. */
void handle_growth_look(struct thread *self);

/* For tests: enum handle_growth of a creation, GROWTH_NONE when it is none. */
unsigned handle_growth_of(const struct creation *creation);

#endif
