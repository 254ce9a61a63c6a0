/* Nobody signals: main waits for a thread to end that waits for a condition.
// signal: TERM
// status: 143
// expect: deadlock count=1 confidence=certain wait=join function=main role=waiting
// expect: deadlock wait=condition function=worker role=waiting text=nobody_can_wake_them
// says: deadlock:
*/
#include <pthread.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_int done;

__attribute__((noinline)) static void *worker(void *argument)
{
    pthread_mutex_lock(&mutex);
    while (!atomic_load(&done))
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return argument;
}

int main(void)
{
    pthread_t thread;
    say_ready_when_all_sleep(2);
    pthread_create(&thread, NULL, worker, NULL);
    pthread_join(thread, NULL);
}
