/* Two threads wait, and nobody is left but a signal handler. It comes, and both end: what was said
   is taken back.
// signal: USR1
// expect: deadlock count=1 severity=note confidence=likely wait=condition function=main
role=waiting text=went_on_later
// expect: deadlock count=1 wait=condition function=worker role=waiting
// says: nobody is left to wake them
// says: the deadlock is over
*/
#include <pthread.h>
#include <signal.h>

#include "support.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_int come;

static void handler(int signal)
{
    atomic_store(&come, signal);
    pthread_cond_broadcast(&changed);
}

__attribute__((noinline)) static void *worker(void *argument)
{
    pthread_mutex_lock(&mutex);
    while (!atomic_load(&come))
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return argument;
}

int main(void)
{
    pthread_t thread;
    struct sigaction action = {.sa_handler = handler};
    say_ready_when_all_sleep(2);
    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&thread, NULL, worker, NULL);
    pthread_mutex_lock(&mutex);
    while (!atomic_load(&come))
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    return 0;
}
