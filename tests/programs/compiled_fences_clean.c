/* Fences order what relaxed accesses hand over (C11 7.17.4). */
// build: -fsanitize=thread
// expect: none
#include "in_turn.h"

static int message[4];
static atomic_int flag[4];

static void fence_then_store(void)
{
    message[0] = 1;
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&flag[0], 1, memory_order_relaxed);
}

static void load_then_fence(void)
{
    if (!atomic_load_explicit(&flag[0], memory_order_relaxed))
        return;
    atomic_thread_fence(memory_order_acquire);
    message[0]++;
}

static void release_store(void)
{
    message[1] = 1;
    atomic_store_explicit(&flag[1], 1, memory_order_release);
}

static void load_then_full_fence(void)
{
    if (!atomic_load_explicit(&flag[1], memory_order_relaxed))
        return;
    atomic_thread_fence(memory_order_seq_cst);
    message[1]++;
}

static void fence_then_add(void)
{
    message[2] = 1;
    atomic_thread_fence(memory_order_acq_rel);
    atomic_fetch_add_explicit(&flag[2], 1, memory_order_relaxed);
}

static void load_acquire(void)
{
    if (atomic_load_explicit(&flag[2], memory_order_acquire))
        message[2]++;
}

static void fence_then_swap(void)
{
    int expected = 0;
    message[3] = 1;
    atomic_thread_fence(memory_order_release);
    atomic_compare_exchange_strong_explicit(&flag[3], &expected, 1, memory_order_relaxed,
                                            memory_order_relaxed);
}

static void swap_then_fence(void)
{
    int expected = 1;
    if (!atomic_compare_exchange_strong_explicit(&flag[3], &expected, 2, memory_order_relaxed,
                                                 memory_order_relaxed))
        return;
    atomic_thread_fence(memory_order_acquire);
    message[3]++;
}

int main(void)
{
    in_turn(fence_then_store, load_then_fence);
    in_turn(release_store, load_then_full_fence);
    in_turn(fence_then_add, load_acquire);
    in_turn(fence_then_swap, swap_then_fence);
    return message[0] + message[1] + message[2] + message[3] != 8;
}
