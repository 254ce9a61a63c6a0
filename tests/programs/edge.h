/*
 * For programs about one edge of happens-before: two threads touch the same bytes, one after the
 * other by waits that holdfast cannot see, and the edge in question is there or is not.
 *
 *   touch();      writes the shared bytes by a call of libc
 *   gate g;       support.h: an order that nobody sees
 */
#ifndef HOLDFAST_TESTS_EDGE_H
#define HOLDFAST_TESTS_EDGE_H

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "support.h"

static char shared[64];
static void *(*volatile edge_set)(void *, int, size_t) = memset;

/* noinline: the frame that expectations name. */
__attribute__((noinline)) static void touch(void)
{
    edge_set(shared, 1, sizeof shared);
    __asm__ volatile("" ::: "memory"); /* no tail call */
}

#endif
