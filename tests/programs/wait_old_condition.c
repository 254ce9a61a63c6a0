/* A binary made before glibc 2.3.2 asks for conditions of another kind: its wait must not reach the
   new one while its signal goes to the old.
// expect: none
*/
#include <pthread.h>
#include <stdio.h>

#include "support.h"

__asm__(".symver pthread_cond_wait, pthread_cond_wait@GLIBC_2.2.5");
__asm__(".symver pthread_cond_signal, pthread_cond_signal@GLIBC_2.2.5");
__asm__(".symver pthread_cond_init, pthread_cond_init@GLIBC_2.2.5");
__asm__(".symver pthread_cond_destroy, pthread_cond_destroy@GLIBC_2.2.5");

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond;
static int ready;
static gate started;
static atomic_int tid;

static void *waits(void *argument)
{
    pthread_mutex_lock(&mutex);
    atomic_store(&tid, support_tid());
    gate_open(&started);
    while (!ready)
        pthread_cond_wait(&cond, &mutex);
    pthread_mutex_unlock(&mutex);
    return argument;
}

int main(void)
{
    pthread_t thread;
    pthread_cond_init(&cond, NULL);
    pthread_create(&thread, NULL, waits, NULL);
    gate_wait(&started);
    wait_until_blocked(atomic_load(&tid));
    pthread_mutex_lock(&mutex);
    ready = 1;
    pthread_cond_signal(&cond);
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    pthread_cond_destroy(&cond);
    printf("woken\n");
    return 0;
}
