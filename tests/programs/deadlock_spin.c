/* A spin lock and a mutex, taken in both orders by two threads that meet.
// signal: TERM
// status: 143
// expect: deadlock count=1 confidence=certain wait=mutex function=spin_first role=waiting
text=wait_for_each_other
// expect: deadlock wait=spin function=mutex_first role=waiting
// expect-stdout: ready
// says: wait for each other
*/
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_spinlock_t spin;
static gate spin_taken, mutex_taken, spins;
static atomic_int tid;

__attribute__((noinline)) static void *spin_first(void *argument)
{
    pthread_spin_lock(&spin);
    gate_open(&spin_taken);
    gate_wait(&mutex_taken);
    atomic_store(&tid, support_tid());
    pthread_mutex_lock(&mutex);
    return argument;
}

__attribute__((noinline)) static void *mutex_first(void *argument)
{
    pthread_mutex_lock(&mutex);
    gate_open(&mutex_taken);
    gate_wait(&spin_taken);
    while (!atomic_load(&tid))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    wait_until_blocked(atomic_load(&tid));
    gate_open(&spins);
    pthread_spin_lock(&spin);
    return argument;
}

static int64_t spent_by(pthread_t thread)
{
    clockid_t clock;
    struct timespec spent;
    pthread_getcpuclockid(thread, &clock);
    clock_gettime(clock, &spent);
    return spent.tv_sec * 1000000000 + spent.tv_nsec;
}

/* It has looked before it spins; whatever the machine does, from now on it spends processor time
   only there. */
static void wait_until_spins(pthread_t thread)
{
    gate_wait(&spins);
    int64_t before = spent_by(thread);
    while (spent_by(thread) - before < 200000000)
        ;
}

int main(void)
{
    pthread_t threads[2];
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    pthread_create(&threads[0], NULL, spin_first, NULL);
    pthread_create(&threads[1], NULL, mutex_first, NULL);
    wait_until_spins(threads[1]);
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
