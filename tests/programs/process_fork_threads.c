/* fork while other threads are in the middle of malloc, open and close: the child goes on by
itself, with threads of its own.
// expect: none
*/
#include "support.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int stop;

static void *works(void *unused)
{
    while (!atomic_load(&stop)) {
        free(malloc(100));
        close(open("/etc/passwd", O_RDONLY));
    }
    return NULL;
}

static void *once(void *unused)
{
    free(malloc(100));
    return NULL;
}

int main(void)
{
    pthread_t threads[3], own;
    int bad = 0, status;
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, works, NULL);
    for (int i = 0; i < 40; i++) {
        pid_t child = fork();
        if (child == 0) {
            pthread_create(&own, NULL, once, NULL);
            pthread_join(own, NULL);
            exit(0);
        }
        waitpid(child, &status, 0);
        bad += status != 0;
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("%d\n", bad);
    return 0;
}
