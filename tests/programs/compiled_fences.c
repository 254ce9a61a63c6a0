/* Fences that are on the wrong side of their access, or only there for the compiler, order nothing.
 */
// build: -fsanitize=thread
// expect: data-race role=here function=fence_before_load
// expect: data-race role=here function=load_after_late_fence
// expect: data-race role=here function=compiler_fence
#include "in_turn.h"

int message[3];
static atomic_int flag[3];

static void release_store(void)
{
    message[0] = 1;
    atomic_store_explicit(&flag[0], 1, memory_order_release);
}

static void fence_before_load(void)
{
    atomic_thread_fence(memory_order_acquire);
    if (atomic_load_explicit(&flag[0], memory_order_relaxed))
        message[0] = 2;
}

static void store_then_fence(void)
{
    message[1] = 1;
    atomic_store_explicit(&flag[1], 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
}

static void load_after_late_fence(void)
{
    if (atomic_load_explicit(&flag[1], memory_order_acquire))
        message[1] = 2;
}

static void store_released(void)
{
    message[2] = 1;
    atomic_store_explicit(&flag[2], 1, memory_order_release);
}

static void compiler_fence(void)
{
    if (!atomic_load_explicit(&flag[2], memory_order_relaxed))
        return;
    atomic_signal_fence(memory_order_acquire);
    message[2] = 2;
}

int main(void)
{
    in_turn(release_store, fence_before_load);
    in_turn(store_then_fence, load_after_late_fence);
    in_turn(store_released, compiler_fence);
    return 0;
}
