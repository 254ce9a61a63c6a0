/* Barriers: for no threads, never initialised (libc divides by its count, so a child makes the
call), initialised again under a waiter, with another count, used after it was destroyed.
// expect: barrier-misuse role=here function=main text=no_threads
// expect: barrier-misuse role=here function=main text=another_count
// expect: barrier-misuse role=here function=reinitialise text=while_threads_waited
// expect: barrier-misuse role=waiting function=waits
// expect: barrier-misuse role=here function=use_destroyed text=had_been_destroyed
// expect: barrier-misuse role=destroyed function=main
// expect: barrier-misuse role=here function=use_none text=never_initialised
// expect: sync-object-race role=here function=reinitialise
*/
#include <stdlib.h>
#include <sys/wait.h>

#include "edge.h"

static pthread_barrier_t barrier, one, none, counted;
static atomic_int tid;

static void *waits(void *argument)
{
    atomic_store(&tid, support_tid());
    pthread_barrier_wait(&barrier);
    return argument;
}

__attribute__((noinline)) static void reinitialise(void)
{
    pthread_barrier_init(&barrier, NULL, 2);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void use_destroyed(void)
{
    pthread_barrier_wait(&one);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void use_none(void)
{
    pthread_barrier_wait(&none);
    __asm__ volatile("" ::: "memory");
}

/* The waiter never comes back: in a child. */
static void under_waiter(void)
{
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, waits, NULL);
    while (!atomic_load(&tid))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    wait_until_blocked(atomic_load(&tid));
    reinitialise();
    support_call(SYS_exit_group, 0, 0, 0, 0);
}

int main(void)
{
    pthread_barrier_init(&none, NULL, 0);
    pthread_barrier_init(&counted, NULL, 1);
    pthread_barrier_wait(&counted);
    pthread_barrier_init(&counted, NULL, 2);
    pthread_barrier_init(&one, NULL, 1);
    pthread_barrier_wait(&one);
    pthread_barrier_destroy(&one);
    use_destroyed();
    pid_t child = fork();
    if (child == 0)
        under_waiter();
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0)
        use_none();
    waitpid(child, NULL, 0);
    return 0;
}
