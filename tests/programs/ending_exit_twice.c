/* Two threads call exit at once: one look, one end.
// status: 6
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect-process: state=ended status=6
*/
#include <pthread.h>
#include <stdlib.h>

#include "support.h"

static gate arrived;

__attribute__((noinline)) static void lose(void)
{
    /* Deep below where exit's own frames will be: what lies there once is read as it is. */
    void *volatile blocks[4096];
    blocks[8] = malloc(123);
    blocks[8] = NULL;
}

static void *ends(void *unused)
{
    gate_open(&arrived);
    gate_wait_count(&arrived, 2);
    exit(6);
    return unused;
}

int main(void)
{
    pthread_t thread;
    lose();
    pthread_create(&thread, NULL, ends, NULL);
    pthread_detach(thread);
    ends(NULL);
}
