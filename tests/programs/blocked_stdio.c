/* Waiting inside of libc's own functions: stdio's reads.
// expect: blocked-thread confidence=likely wait=read function=gets_line role=waiting
// expect: thread-leak severity=note function=main role=created
// expect: fd-leak count=1 function=main role=opened
// expect: handle-leak function=main role=opened
*/
#include <pthread.h>
#include <stdlib.h>

#include "support.h"

static gate started;
static atomic_int tid;
static int ends[2];
static FILE *file;

static void *gets_line(void *argument)
{
    char line[100];
    atomic_store(&tid, support_tid());
    gate_open(&started);
    return fgets(line, sizeof line, file) ? argument : NULL;
}

int main(void)
{
    pthread_t thread;
    if (pipe(ends) != 0 || !(file = fdopen(ends[0], "r")))
        return 1;
    pthread_create(&thread, NULL, gets_line, NULL);
    pthread_detach(thread);
    gate_wait(&started);
    wait_until_blocked(atomic_load(&tid));
    return 0;
}
