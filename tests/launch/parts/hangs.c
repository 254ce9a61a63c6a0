/* Two threads that each hold the mutex that the other wants; main waits for both. */
#include <pthread.h>

static pthread_mutex_t mutexes[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_barrier_t both;

static void *hang(void *argument)
{
    int mine = argument != NULL;
    pthread_mutex_lock(&mutexes[mine]);
    pthread_barrier_wait(&both);
    pthread_mutex_lock(&mutexes[!mine]);
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    pthread_barrier_init(&both, NULL, 2);
    pthread_create(&threads[0], NULL, hang, NULL);
    pthread_create(&threads[1], NULL, hang, &both);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}
