/* SIGINT while all threads are busy in malloc and free, so that it meets holdfast at work.
// signal: INT
// status: 130
// expect: fd-leak count=1 function=main
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect-process: state=ended signal=2
*/
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void *works(void *unused)
{
    for (;;) {
        void *volatile block = malloc(24);
        free(block);
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
    lose();
    open("/etc/passwd", O_RDONLY);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, works, NULL);
    }
    printf("ready\n");
    fflush(stdout);
    works(NULL);
}
