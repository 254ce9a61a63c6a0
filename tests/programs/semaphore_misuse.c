/* Semaphores: a value out of range, a post too many, destroyed under a waiter, used after it was
   destroyed.
// expect: semaphore-misuse role=here function=main text=initialised_with_a_larger_value
// expect: semaphore-misuse role=here function=post_full text=posted_beyond
// expect: semaphore-misuse role=here function=destroy_used text=while_threads_waited
// expect: semaphore-misuse role=waiting function=waits
// expect: semaphore-misuse role=here function=post_destroyed text=had_been_destroyed
// expect: semaphore-misuse role=destroyed function=destroy_used
// expect: sync-object-race role=here function=destroy_used
// expect: sync-object-race role=earlier function=waits
*/
#include <semaphore.h>

#include "edge.h"

static sem_t full, used, none;
static atomic_int tid;

static void *waits(void *argument)
{
    atomic_store(&tid, support_tid());
    sem_wait(&used);
    return argument;
}

__attribute__((noinline)) static void post_full(void)
{
    sem_post(&full);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void destroy_used(void)
{
    sem_destroy(&used);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void post_destroyed(void)
{
    sem_post(&used);
    __asm__ volatile("" ::: "memory");
}

int main(void)
{
    pthread_t thread;
    sem_init(&none, 0, (unsigned)SEM_VALUE_MAX + 1);
    sem_init(&full, 0, SEM_VALUE_MAX);
    post_full();
    sem_destroy(&full);
    sem_init(&used, 0, 0);
    pthread_create(&thread, NULL, waits, NULL);
    while (!atomic_load(&tid))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    wait_until_blocked(atomic_load(&tid));
    destroy_used();
    post_destroyed();
    pthread_join(thread, NULL);
    return 0;
}
