/* Memory that only a thread's registers and stack know while it waits is not leaked.
// expect: fd-leak count=2 function=main role=opened
*/
#include <pthread.h>
#include <stdlib.h>

#include "support.h"

static gate started;
static atomic_int tid;
static int ends[2];

static void *waits(void *argument)
{
    char *first = malloc(1000), *second = malloc(2000), *third = malloc(3000);
    char byte;
    atomic_store(&tid, support_tid());
    gate_open(&started);
    while (read(ends[0], &byte, 1) == 1) {
        *first = *second = *third = byte;
        gate_open(&started);
    }
    free(first);
    free(second);
    free(third);
    return argument;
}

int main(void)
{
    pthread_t thread;
    if (pipe(ends) != 0)
        return 1;
    pthread_create(&thread, NULL, waits, NULL);
    pthread_detach(thread);
    gate_wait(&started);
    wait_until_blocked(atomic_load(&tid));
    /* A first byte, so that the place is known as one where the thread is woken. */
    if (write(ends[1], "x", 1) != 1)
        return 1;
    gate_wait_count(&started, 2);
    wait_until_blocked(atomic_load(&tid));
    return 0;
}
