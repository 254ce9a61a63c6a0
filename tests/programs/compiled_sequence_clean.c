/* Release sequences: a read-modify-write of any thread goes on with one, also a relaxed one, and so
   does a later store of the same thread. */
// build: -fsanitize=thread
// expect: none
#include "in_turn.h"

static int message[2];
static atomic_int flag[2];

static void release(void)
{
    message[0] = 1;
    atomic_store_explicit(&flag[0], 1, memory_order_release);
}

static void modify(void)
{
    atomic_fetch_add_explicit(&flag[0], 1, memory_order_relaxed);
}

static void acquire(void)
{
    if (atomic_load_explicit(&flag[0], memory_order_acquire) == 2)
        message[0]++;
}

static void release_and_store(void)
{
    message[1] = 1;
    atomic_store_explicit(&flag[1], 1, memory_order_release);
    atomic_store_explicit(&flag[1], 2, memory_order_relaxed);
}

static void acquire_second(void)
{
    if (atomic_load_explicit(&flag[1], memory_order_acquire) == 2)
        message[1]++;
}

int main(void)
{
    three_in_turn(release, modify, acquire);
    in_turn(release_and_store, acquire_second);
    return message[0] + message[1] != 4;
}
