/*
 * What ran under the guard of a static variable in C++. Code tests the guard's byte itself before
 * it calls the runtime, and a thread that finds it set calls nothing: that it comes after the
 * initialiser nobody sees. So what an initialiser did is not called unordered with anything later
 * (other things that its thread did before are). Where the code that tests is built with
 * -fsanitize=thread the test is seen, and this is not asked.
 *
 * Epochs of initialisers are kept for ever; past INITIALISERS_MOST the race engine knows no more
 * than it sees. Guard entered.
 */
#ifndef HOLDFAST_STATE_INITIALISER_H
#define HOLDFAST_STATE_INITIALISER_H

#include <stdbool.h>

#include "state/thread.h"

#define INITIALISERS_MOST 8192u

/* self begins one: what it does from now on has an epoch of its own. Returns the first. */
stamp_t initialiser_begin(struct thread *self);

/* It has ended; before it releases anything. */
void initialiser_end(struct thread *self, stamp_t first);

/* In a fork's child: epochs begin anew. */
void initialiser_after_fork(void);

/* Was this epoch an initialiser's? */
bool initialiser_had(stamp_t stamp);

#endif
