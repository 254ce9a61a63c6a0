/* A joinable thread that waits for good when the process ends: left behind, and blocked. One that
   waited there before and was woken is only left behind.
// expect: thread-leak count=1 function=start_reader role=created
// expect: thread-leak count=1 function=reader role=waiting
// expect: blocked-thread count=1 severity=warning wait=read function=reader role=waiting
// expect: blocked-thread count=1 function=start_reader role=created
// expect: thread-leak count=1 function=start_worker role=created
// expect: thread-leak count=1 function=worker role=waiting
// expect: fd-leak count=2 function=main role=opened
*/
#include <pthread.h>
#include <semaphore.h>

#include "support.h"

static gate done;
static atomic_int reader_tid, worker_tid;
static sem_t jobs;
static int ends[2];

__attribute__((noinline)) static void *reader(void *argument)
{
    char byte;
    atomic_store(&reader_tid, support_tid());
    gate_open(&done);
    return read(ends[0], &byte, 1) < 0 ? NULL : argument;
}

__attribute__((noinline)) static void *worker(void *argument)
{
    atomic_store(&worker_tid, support_tid());
    for (int i = 0; i < 1000000; i++) {
        sem_wait(&jobs);
        gate_open(&done);
    }
    return argument;
}

__attribute__((noinline)) static void start_reader(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, reader, NULL);
    __asm__ volatile("");
}

__attribute__((noinline)) static void start_worker(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, worker, NULL);
    __asm__ volatile("");
}

int main(void)
{
    sem_init(&jobs, 0, 0);
    if (pipe(ends) != 0)
        return 1;
    start_reader();
    gate_wait(&done);
    start_worker();
    sem_post(&jobs);
    gate_wait_count(&done, 2);
    wait_until_blocked(atomic_load(&reader_tid));
    wait_until_blocked(atomic_load(&worker_tid));
    return 0;
}
