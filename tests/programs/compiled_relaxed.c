/* A flag hands a message on, but one side asks for no order. */
// build: -fsanitize=thread
// expect: data-race role=here function=take_relaxed
// expect: data-race role=earlier function=give_relaxed
// expect: data-race role=here function=take_acquire
// expect: data-race role=earlier function=give_without_release
// expect: data-race role=here function=take_without_acquire
// expect: data-race role=earlier function=give_release
// expect: data-race role=here function=take_by_relaxed_add
// expect: data-race role=earlier function=give_by_add
#include "in_turn.h"

int message[4];
static atomic_int flag[4];

static void give_relaxed(void)
{
    message[0] = 1;
    atomic_store_explicit(&flag[0], 1, memory_order_relaxed);
}

static void take_relaxed(void)
{
    if (atomic_load_explicit(&flag[0], memory_order_relaxed))
        message[0] = 2;
}

static void give_without_release(void)
{
    message[1] = 1;
    atomic_store_explicit(&flag[1], 1, memory_order_relaxed);
}

static void take_acquire(void)
{
    if (atomic_load_explicit(&flag[1], memory_order_acquire))
        message[1] = 2;
}

static void give_release(void)
{
    message[2] = 1;
    atomic_store_explicit(&flag[2], 1, memory_order_release);
}

static void take_without_acquire(void)
{
    if (atomic_load_explicit(&flag[2], memory_order_relaxed))
        message[2] = 2;
}

static void give_by_add(void)
{
    message[3] = 1;
    atomic_fetch_add_explicit(&flag[3], 1, memory_order_release);
}

static void take_by_relaxed_add(void)
{
    if (atomic_fetch_add_explicit(&flag[3], 1, memory_order_relaxed))
        message[3] = 2;
}

int main(void)
{
    in_turn(give_relaxed, take_relaxed);
    in_turn(give_without_release, take_acquire);
    in_turn(give_release, take_without_acquire);
    in_turn(give_by_add, take_by_relaxed_add);
    return 0;
}
