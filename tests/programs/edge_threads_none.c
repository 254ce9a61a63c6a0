/* What is done after a creation is not ordered before the thread, and that it was cancelled is not
   before what the canceller does afterwards.
// expect: data-race role=here function=runs
// expect: data-race role=earlier top=after_create
// expect: data-race role=here function=clean_up
// expect: data-race role=earlier top=after_cancel
*/
#include "edge.h"

static char bytes[2][64];
static gate created, blocked, touched;
static atomic_int tid;

static void *runs(void *argument)
{
    gate_wait(&created);
    edge_set(bytes[0], 1, sizeof bytes[0]);
    return argument;
}

__attribute__((noinline)) static void after_create(void)
{
    edge_set(bytes[0], 2, sizeof bytes[0]);
    gate_open(&created);
}

__attribute__((noinline)) static void after_cancel(void)
{
    edge_set(bytes[1], 2, sizeof bytes[1]);
    gate_open(&touched);
}

static void clean_up(void *argument)
{
    (void)argument;
    gate_wait(&touched);
    edge_set(bytes[1], 1, sizeof bytes[1]);
    __asm__ volatile("" ::: "memory");
}

static void *cancelled(void *argument)
{
    atomic_store(&tid, support_tid());
    pthread_cleanup_push(clean_up, NULL);
    gate_open(&blocked);
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return argument;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, runs, NULL);
    after_create();
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, cancelled, NULL);
    gate_wait(&blocked);
    wait_until_blocked(atomic_load(&tid));
    pthread_cancel(thread);
    after_cancel();
    pthread_join(thread, NULL);
    return 0;
}
