/*
 * Threads that do one thing after the other, in an order that nobody sees: nothing is ordered
 * between them but by what they do themselves.
 *
 *   static void write_it(void) …  static void read_it(void) …
 *   in_turn(write_it, read_it);         write_it() in one thread, then read_it() in another
 */
#ifndef HOLDFAST_TESTS_IN_TURN_H
#define HOLDFAST_TESTS_IN_TURN_H

#include <pthread.h>
#include <stdlib.h>

#include "support.h"

struct turn {
    void (*act)(void);
    gate begins, ended;
};

static void *turn_run(void *with)
{
    struct turn *turn = (struct turn *)with;
    gate_wait(&turn->begins);
    turn->act();
    gate_open(&turn->ended);
    return NULL;
}

static inline void in_turn_of(void (*const *acts)(void), int count)
{
    struct turn turns[4] = {};
    pthread_t threads[4];
    for (int i = 0; i < count; i++) {
        turns[i].act = acts[i];
        if (pthread_create(&threads[i], NULL, turn_run, &turns[i]))
            abort();
    }
    for (int i = 0; i < count; i++) {
        gate_open(&turns[i].begins);
        gate_wait(&turns[i].ended);
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static inline void in_turn(void (*first)(void), void (*second)(void))
{
    void (*const acts[])(void) = {first, second};
    in_turn_of(acts, 2);
}

static inline void three_in_turn(void (*first)(void), void (*second)(void), void (*third)(void))
{
    void (*const acts[])(void) = {first, second, third};
    in_turn_of(acts, 3);
}

#endif
