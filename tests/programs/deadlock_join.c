/* main joins a thread while it holds the mutex that the thread wants.
// signal: TERM
// status: 143
// expect: deadlock count=1 confidence=certain wait=join function=main role=waiting
// expect: deadlock wait=mutex function=worker role=waiting text=wait_for_each_other
// says: deadlock:
*/
#include <pthread.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static gate started;

__attribute__((noinline)) static void *worker(void *argument)
{
    gate_open(&started);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    return argument;
}

int main(void)
{
    pthread_t thread;
    say_ready_when_all_sleep(2);
    pthread_mutex_lock(&mutex);
    pthread_create(&thread, NULL, worker, NULL);
    gate_wait(&started);
    pthread_join(thread, NULL);
    pthread_mutex_unlock(&mutex);
}
