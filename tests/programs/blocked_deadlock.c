/* Two threads that hold what the other one wants, and one that wants what it holds itself: told as
   that, and not as blocked too.
// expect: deadlock count=1 severity=error wait=mutex function=first_second role=waiting
// expect: deadlock function=second_first role=waiting
// expect: self-deadlock count=1 severity=error wait=mutex function=twice role=waiting
// expect: thread-leak severity=note function=start role=created
// expect: thread-leak severity=note function=start role=created
// expect: thread-leak severity=note function=start role=created
// says: deadlock:
*/
#include <pthread.h>

#include "support.h"

static gate started, first_taken, second_taken;
static atomic_int tids[3];
static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER,
                       third = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void *first_second(void *argument)
{
    atomic_store(&tids[0], support_tid());
    pthread_mutex_lock(&first);
    gate_open(&first_taken);
    gate_wait(&second_taken);
    gate_open(&started);
    pthread_mutex_lock(&second);
    return argument;
}

__attribute__((noinline)) static void *second_first(void *argument)
{
    atomic_store(&tids[1], support_tid());
    pthread_mutex_lock(&second);
    gate_open(&second_taken);
    gate_wait(&first_taken);
    gate_open(&started);
    pthread_mutex_lock(&first);
    return argument;
}

__attribute__((noinline)) static void *twice(void *argument)
{
    atomic_store(&tids[2], support_tid());
    pthread_mutex_lock(&third);
    gate_open(&started);
    pthread_mutex_lock(&third);
    return argument;
}

__attribute__((noinline)) static void start(void *(*routine)(void *))
{
    pthread_t thread;
    pthread_create(&thread, NULL, routine, NULL);
    pthread_detach(thread);
}

int main(void)
{
    void *(*const routines[])(void *) = {first_second, second_first, twice};
    for (int i = 0; i < 3; i++)
        start(routines[i]);
    gate_wait_count(&started, 3);
    for (int i = 0; i < 3; i++)
        wait_until_blocked(atomic_load(&tids[i]));
    return 0;
}
