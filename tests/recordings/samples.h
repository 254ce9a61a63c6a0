/* What the samples of samples*.c share. */
#ifndef HOLDFAST_TESTS_SAMPLES_H
#define HOLDFAST_TESTS_SAMPLES_H

#include "maker.h"

#define APP    0x555500000000ull
#define PLUGIN 0x7f0000000000ull

struct sample_parts {
    uint32_t main_thread, worker, load_stack, open_stack, free_stack, start_stack;
};
/* Two modules, two threads, some stacks. */
struct sample_parts sample_common(struct maker *maker);

void sample_races(struct maker *maker);

#endif
