/*
 * Nanoseconds that one stack costs at some depths: a memo hit as wrappers have it, the walk alone,
 * the depot alone, and what is remembered wrongly or not at all (walk and depot together).
 * scripts/bench runs it; no test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/recording.h"
#include "state/depot.h"
#include "state/stack.h"
#include "state/walk.h"

#define ROUNDS 200000

static struct thread self;
static volatile uint64_t sink;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static __attribute__((noinline)) void measure(unsigned depth)
{
    const void *frame = __builtin_frame_address(0);
    struct stack_start start = stack_start_of(&self, frame);
    static struct stack_frames frames;
    static struct walk_words words;
    stack_here(&self, frame);
    double t0 = now();
    for (int i = 0; i < ROUNDS; i++)
        sink = stack_here(&self, frame);
    double t1 = now();
    for (int i = 0; i < ROUNDS; i++) {
        words.count = 0;
        walk(&start, STACK_FRAMES_MAX, &frames, &words);
    }
    double t2 = now();
    for (int i = 0; i < ROUNDS; i++)
        sink = depot_add(&frames);
    double t3 = now();
    printf(
        "depth %2u (%u frames, %u words): hit %.1f ns, walk %.1f ns, depot %.1f ns, miss %.1f ns\n",
        depth, frames.count, words.count, (t1 - t0) / ROUNDS, (t2 - t1) / ROUNDS,
        (t3 - t2) / ROUNDS, (t3 - t1) / ROUNDS);
}

/* Frames of different shapes, so that it is not one row over and over. */
#define SHAPE(name, next, words)                                                                   \
    static __attribute__((noinline)) void name(unsigned depth, unsigned left)                      \
    {                                                                                              \
        volatile long room[words] __attribute__((unused));                                         \
        room[0] = left;                                                                            \
        if (left == 0)                                                                             \
            measure(depth);                                                                        \
        else                                                                                       \
            next(depth, left - 1);                                                                 \
        room[words - 1] = depth;                                                                   \
    }
static void shape_a(unsigned depth, unsigned left);
SHAPE(shape_d, shape_a, 21)
SHAPE(shape_c, shape_d, 4)
SHAPE(shape_b, shape_c, 11)
SHAPE(shape_a, shape_b, 2)

int main(void)
{
    extern void *__libc_stack_end;
    char path[64];
    snprintf(path, sizeof path, "/tmp/stack_bench.%d", getpid());
    if (recording_create(path, 64u << 20) < 0 || !stack_start_up())
        return 1;
    unlink(path);
    self.depth = STACK_FRAMES_MAX;
    self.stack_high = ((uintptr_t)__libc_stack_end + 4095) & ~4095ul;
    self.stack_low = self.stack_high - (8u << 20);
    for (unsigned depth = 5; depth <= 40; depth *= 2)
        shape_a(depth, depth - 5);
    return 0;
}
