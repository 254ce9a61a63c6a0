/*
 * The race engine without a program: threads that are only structs, driven by hand, and what it
 * finds handed to the test instead of a recording. Used by tests/engine and by unit tests.
 */
#ifndef HOLDFAST_TESTS_WORLD_H
#define HOLDFAST_TESTS_WORLD_H

#include "detect/race.h"
#include "state/vclock.h"

#define WORLD_THREADS 64u
#define WORLD_ROWS    65536u

extern struct thread world_thread[WORLD_THREADS];

/* What the engine told since the test cleared it: everything, and the newest in detail. */
struct world_told {
    uint32_t races, freed;
    bool race; /* use after free: the free was unordered */
    struct world_pair {
        uintptr_t granule;
        uint64_t bytes; /* of the earlier record */
        unsigned how;   /* enum access_flag of it */
        uint32_t here, other, here_stack, other_stack;
    } pair[8];
};
extern struct world_told world_told;

/* A fresh recording and shadow; the thread at index 1 lives. */
void world_begin(void);

/* All clocks from the beginning, as in a fork's child. Only the thread at index 1 lives. */
void world_again(void);
void world_end(void);

/* The struct at index made becomes a new thread; returns its number. */
uint32_t world_create(unsigned creator, unsigned made);
void world_exit(unsigned index); /* its struct may be taken again */
void world_join(unsigned self, uint32_t number);

/* An access whose stack id is this number. */
void world_access(unsigned self, uintptr_t address, size_t size, unsigned how, uint32_t stack);

#endif
