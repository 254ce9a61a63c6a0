/* Handlers of exit that allocate, open, start threads and join them, fork, and register more
   handlers: what they leave behind is told, what they give back is not.
// build: -fno-ipa-icf
// status: 3
// expect: memory-leak count=1 bytes=77 function=last role=allocated
// expect: thread-leak count=1 function=leaves_thread role=created
// expect-stdout: last
*/
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static gate never, there;

static void *ends(void *argument)
{
    free(argument);
    return malloc(10);
}

static void *stays(void *unused)
{
    gate_open(&there);
    gate_wait(&never);
    return unused;
}

static void last(void)
{
    void *volatile block = malloc(77);
    block = NULL;
    printf("last\n");
}

static void leaves_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, stays, NULL);
    gate_wait(&there);
}

static void works(void)
{
    pthread_t threads[10];
    void *result;
    atexit(last);
    for (int i = 0; i < 10; i++)
        pthread_create(&threads[i], NULL, ends, malloc(20));
    for (int i = 0; i < 10; i++) {
        pthread_join(threads[i], &result);
        free(result);
    }
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    FILE *file = tmpfile();
    fputs("text", file);
    fclose(file);
}

int main(void)
{
    atexit(leaves_thread);
    atexit(works);
    return 3;
}
