/* A store by another thread ends a release sequence: who reads it learns nothing of the first. */
// build: -fsanitize=thread
// expect: data-race role=here function=acquire
// expect: data-race role=earlier function=release
// expect: data-race role=here function=acquire_of_second
// expect: data-race role=earlier function=release_first
#include "in_turn.h"

int message[2];
static atomic_int flag[2];

static void release(void)
{
    message[0] = 1;
    atomic_store_explicit(&flag[0], 1, memory_order_release);
}

static void overwrite(void)
{
    atomic_store_explicit(&flag[0], 2, memory_order_relaxed);
}

static void acquire(void)
{
    if (atomic_load_explicit(&flag[0], memory_order_acquire) == 2)
        message[0] = 2;
}

static void release_first(void)
{
    message[1] = 1;
    atomic_store_explicit(&flag[1], 1, memory_order_release);
}

static void release_second(void)
{
    atomic_store_explicit(&flag[1], 2, memory_order_release);
}

static void acquire_of_second(void)
{
    if (atomic_load_explicit(&flag[1], memory_order_acquire) == 2)
        message[1] = 2;
}

int main(void)
{
    three_in_turn(release, overwrite, acquire);
    three_in_turn(release_first, release_second, acquire_of_second);
    return 0;
}
