/* The function of a once control asks for the same control: told before it hangs.
// status: 143
// signal: TERM
// expect: once-misuse severity=error role=here function=first
// expect: once-misuse role=acquired function=main
*/
#include <pthread.h>
#include <stdio.h>

#include "support.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int tid;
static gate begun;

static void *watcher(void *argument)
{
    gate_wait(&begun);
    wait_until_blocked(atomic_load(&tid));
    puts("ready");
    fflush(stdout);
    support_call(SYS_pause, 0, 0, 0, 0);
    return argument;
}

__attribute__((noinline)) static void first(void)
{
    gate_open(&begun);
    pthread_once(&once, first);
    puts("never");
}

int main(void)
{
    pthread_t thread;
    atomic_store(&tid, support_tid());
    pthread_create(&thread, NULL, watcher, NULL);
    pthread_detach(thread);
    pthread_once(&once, first);
    return 0;
}
