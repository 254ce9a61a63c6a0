/* A mutex that is no recursive one, locked twice; an error-checking one says so and goes on.
// signal: TERM
// status: 143
// expect: self-deadlock count=1 confidence=certain wait=mutex function=inner role=waiting
// expect: self-deadlock function=outer role=held text=mutex
// says: deadlock:
*/
#include <pthread.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void inner(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

__attribute__((noinline)) static void outer(void)
{
    pthread_mutex_lock(&mutex);
    inner();
    pthread_mutex_unlock(&mutex);
}

int main(void)
{
    say_ready_when_all_sleep(1);
    outer();
}
