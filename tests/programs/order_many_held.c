/* The opposite order comes while more than 64 other locks are held by either thread, each its own.
// expect: lock-order count=1 severity=warning function=takes role=acquired text=cycle_of_2_locks
*/
#include <pthread.h>

#include "support.h"

enum { LOCKS = 80 };
static gate done;
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER, mine[2][LOCKS];

__attribute__((noinline)) static void *takes(void *argument)
{
    int turn = argument != NULL;
    gate_wait_count(&done, turn);
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_lock(&mine[turn][i]);
    pthread_mutex_lock(turn ? &b : &a);
    pthread_mutex_lock(turn ? &a : &b);
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
    for (int i = 0; i < LOCKS; i++)
        pthread_mutex_unlock(&mine[turn][i]);
    gate_open(&done);
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2 * LOCKS; i++)
        pthread_mutex_init(&mine[i / LOCKS][i % LOCKS], NULL);
    pthread_create(&threads[0], NULL, takes, NULL);
    pthread_create(&threads[1], NULL, takes, &done);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}
