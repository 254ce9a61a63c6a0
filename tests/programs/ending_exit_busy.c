/* exit while other threads allocate, open, lock and print: the last look finds each of them in the
   middle of something, and the one that it was made for.
// status: 5
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect: thread-leak count=4 function=main role=created
// expect-process: state=ended status=5
*/
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support.h"

static gate there;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *works(void *unused)
{
    (void)unused;
    gate_open(&there);
    for (;;) {
        free(malloc(100));
        /* Around the table of descriptors: one that is open right now is no leak to be told. */
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
        char text[32];
        snprintf(text, sizeof text, "%d", getpid());
    }
    return NULL;
}

__attribute__((noinline)) static void lose(void)
{
    void *volatile block = malloc(123);
    block = NULL;
}

int main(void)
{
    pthread_t thread;
    lose();
    for (volatile int i = 0; i < 4; i++)
        pthread_create(&thread, NULL, works, NULL);
    gate_wait_count(&there, 4);
    exit(5);
}
