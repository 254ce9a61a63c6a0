/* Two static variables whose initialisers need each other, by two threads.
// signal: TERM
// status: 143
// expect: deadlock count=1 confidence=certain wait=once function=first role=waiting text=wait_for_each_other
// expect: deadlock wait=once function=second role=waiting
// expect-stdout: ready
// says: wait for each other
*/
#include <pthread.h>

#include "support.h"

static gate first_begun, second_begun;
static int tids[2];

static int second(int depth);

__attribute__((noinline)) static int make(gate *mine, gate *other, int number)
{
    gate_open(mine);
    gate_wait(other);
    __atomic_store_n(&tids[number], support_tid(), __ATOMIC_RELEASE);
    return number;
}

__attribute__((noinline)) static int first(int depth)
{
    static int value = make(&first_begun, &second_begun, 0) + (depth ? second(0) : 0);
    return value;
}

__attribute__((noinline)) static int second(int depth)
{
    static int value = make(&second_begun, &first_begun, 1) + (depth ? first(0) : 0);
    return value;
}

static void *run(void *argument)
{
    if (argument)
        first(1);
    else
        second(1);
    return nullptr;
}

int main()
{
    pthread_t threads[2];
    pthread_create(&threads[0], nullptr, run, tids);
    pthread_create(&threads[1], nullptr, run, nullptr);
    for (int i = 0; i < 2; i++) {
        while (!__atomic_load_n(&tids[i], __ATOMIC_ACQUIRE))
            support_call(SYS_sched_yield, 0, 0, 0, 0);
        wait_until_blocked(tids[i]);
    }
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
