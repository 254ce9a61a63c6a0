/* Locks that are destroyed or initialised while a thread may use them.
// expect: sync-object-race count=1 function=destroys role=here text=destroyed_while_a_thread
// expect: sync-object-race count=1 function=uses role=earlier
// expect: sync-object-race count=1 function=uses_new role=here text=need_not_have_seen
// expect: sync-object-race count=1 function=initialises role=earlier
*/
#include <pthread.h>
#include <stdio.h>

#include "support.h"

#define ALONE __attribute__((noinline, noclone)) static
#define HERE  __asm__ volatile("" ::: "memory")

static pthread_mutex_t old = PTHREAD_MUTEX_INITIALIZER, new_one, ordered;
static gate used, made, seen;

ALONE void uses(void)
{
    pthread_mutex_lock(&old);
    pthread_mutex_unlock(&old);
}

ALONE void uses_new(void)
{
    pthread_mutex_lock(&new_one);
    pthread_mutex_unlock(&new_one);
}

static void *user(void *argument)
{
    uses();
    gate_open(&used);
    gate_wait(&made);
    uses_new();
    pthread_mutex_lock(&ordered);
    pthread_mutex_unlock(&ordered);
    gate_open(&seen);
    return argument;
}

ALONE void destroys(void)
{
    pthread_mutex_destroy(&old);
    HERE;
}

ALONE void initialises(void)
{
    pthread_mutex_init(&new_one, NULL);
    HERE;
}

int main(void)
{
    pthread_t thread;
    pthread_mutex_init(&ordered, NULL);
    pthread_create(&thread, NULL, user, NULL);
    gate_wait(&used);
    destroys();
    initialises();
    gate_open(&made);
    gate_wait(&seen);
    pthread_join(thread, NULL);
    pthread_mutex_destroy(&new_one);
    pthread_mutex_destroy(&ordered);
    printf("done\n");
    return 0;
}
