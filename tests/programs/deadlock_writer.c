/* A reader takes its lock once more behind a writer that waits for it: the lock prefers writers.
// signal: TERM
// status: 143
// expect: deadlock count=1 confidence=certain wait=rwlock-read function=reader role=waiting
text=wait_for_each_other
// expect: deadlock wait=rwlock-write function=writer role=waiting
// expect-stdout: ready
// says: wait for each other
*/
#include <pthread.h>

#include "support.h"

static pthread_rwlock_t lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static gate taken;
static atomic_int tids[2];

__attribute__((noinline)) static void *writer(void *argument)
{
    gate_wait(&taken);
    atomic_store(&tids[0], support_tid());
    pthread_rwlock_wrlock(&lock);
    pthread_rwlock_unlock(&lock);
    return argument;
}

__attribute__((noinline)) static void *reader(void *argument)
{
    pthread_rwlock_rdlock(&lock);
    gate_open(&taken);
    while (!atomic_load(&tids[0]))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    wait_until_blocked(atomic_load(&tids[0]));
    atomic_store(&tids[1], support_tid());
    pthread_rwlock_rdlock(&lock);
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, writer, NULL);
    pthread_create(&threads[1], NULL, reader, NULL);
    while (!atomic_load(&tids[1]))
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    wait_until_blocked(atomic_load(&tids[1]));
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
