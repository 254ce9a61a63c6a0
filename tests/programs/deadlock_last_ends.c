/* The last thread that could post ends, in its destructors too, without doing so.
// signal: TERM
// status: 143
// expect: deadlock count=1 confidence=certain wait=semaphore function=main role=waiting
// says: deadlock:
*/
#include <pthread.h>
#include <semaphore.h>

#include "support.h"

static sem_t never, other;
static atomic_int main_tid;
static pthread_key_t key;

static void destructor(void *value)
{
    (void)value;
    sem_post(&other);
}

__attribute__((noinline)) static void *worker(void *argument)
{
    pthread_setspecific(key, &key);
    wait_until_blocked(atomic_load(&main_tid));
    return argument;
}

int main(void)
{
    pthread_t thread;
    say_ready_when_all_sleep(1);
    sem_init(&never, 0, 0);
    sem_init(&other, 0, 0);
    pthread_key_create(&key, destructor);
    atomic_store(&main_tid, support_tid());
    pthread_create(&thread, NULL, worker, NULL);
    pthread_detach(thread);
    sem_wait(&never);
}
