/* A barrier for three that only two ever reach; the third thread ends instead.
// signal: TERM
// status: 143
// expect: deadlock count=1 confidence=certain wait=barrier function=worker role=waiting
// expect: deadlock wait=barrier function=main role=waiting text=2_threads_are_all
// says: deadlock:
*/
#include <pthread.h>

#include "support.h"

static pthread_barrier_t barrier;

__attribute__((noinline)) static void *worker(void *argument)
{
    if (argument)
        pthread_barrier_wait(&barrier);
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    say_ready_when_all_sleep(2);
    pthread_barrier_init(&barrier, NULL, 3);
    pthread_create(&threads[0], NULL, worker, &barrier);
    pthread_create(&threads[1], NULL, worker, NULL);
    pthread_detach(threads[1]);
    pthread_barrier_wait(&barrier);
    pthread_join(threads[0], NULL);
}
