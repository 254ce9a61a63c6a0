/* Two threads wait for each other's end. A third one cancels one of them, so both end.
// expect: deadlock count=1 severity=note wait=join function=joins role=waiting text=went_on_later
// says: wait for each other
// says: the deadlock is over
*/
#include <pthread.h>

#include "support.h"

static pthread_t threads[2];
static atomic_int tids[2];
static gate known, first_waits;

__attribute__((noinline)) static void *joins(void *argument)
{
    pthread_t *other = argument;
    int own = other == &threads[0];
    gate_wait(&known);
    if (own)
        gate_wait(&first_waits);
    atomic_store(&tids[own], support_tid());
    pthread_join(*other, NULL);
    return NULL;
}

int main(void)
{
    pthread_create(&threads[0], NULL, joins, &threads[1]);
    pthread_create(&threads[1], NULL, joins, &threads[0]);
    gate_open(&known);
    for (int i = 0; i < 2; i++) {
        while (!atomic_load(&tids[i]))
            support_call(SYS_sched_yield, 0, 0, 0, 0);
        wait_until_blocked(atomic_load(&tids[i]));
        gate_open(&first_waits);
    }
    pthread_cancel(threads[0]);
    while (support_state(atomic_load(&tids[1])) != 'X')
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    pthread_join(threads[1], NULL);
    return 0;
}
