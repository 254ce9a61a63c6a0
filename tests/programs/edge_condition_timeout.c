/* A wait that ends by its time has learnt nothing from the condition's signals.
// expect: data-race role=here function=waits
// expect: data-race role=earlier function=main
*/
#include "edge.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static gate signalled;

static void *waits(void *argument)
{
    struct timespec past = {.tv_sec = 1};
    gate_wait(&signalled);
    pthread_mutex_lock(&mutex);
    pthread_cond_timedwait(&cond, &mutex, &past);
    pthread_mutex_unlock(&mutex);
    touch();
    return argument;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, waits, NULL);
    touch();
    pthread_cond_signal(&cond);
    gate_open(&signalled);
    pthread_join(thread, NULL);
    return 0;
}
