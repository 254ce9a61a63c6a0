/*
 * The race engine without a program: threads that are only structs, driven by hand, and what it
 * finds handed to the test instead of a recording. Used by tests/engine and by unit tests.
 */
#ifndef HOLDFAST_TESTS_WORLD_H
#define HOLDFAST_TESTS_WORLD_H

#include "detect/race.h"
#include "state/vclock.h"

#define WORLD_THREADS 64u

/* thread[1] is the first one; a thread's number is its index. */
extern struct thread world_thread[WORLD_THREADS];
extern struct thread_row world_row[WORLD_THREADS];

/* What the engine told since the test cleared it. */
struct world_told {
    uint32_t races, freed;
    uintptr_t address; /* of the newest */
    uint32_t here, other;
    uint32_t here_stack, other_stack;
    bool race; /* use after free: the free was unordered */
};
extern struct world_told world_told;

/* A fresh recording, clocks, shadow; the first thread lives. */
void world_begin(void);
void world_end(void);

/* Everything between two programs that is cheaper than a new world: all threads but the first are
   gone, [start, end) is new. */
void world_create(unsigned creator, unsigned made);
void world_exit(unsigned number); /* its struct may be taken again */
void world_join(unsigned self, unsigned number);

/* An access whose stack id is this number. */
void world_access(unsigned self, uintptr_t address, size_t size, unsigned how, uint32_t stack);

#endif
