/* Faults in a function of that name, in a thread when there is an argument. */
#include <pthread.h>
#include <stdlib.h>

__attribute__((noinline)) static int crashes(volatile int *at)
{
    return *at + 1;
}

static void *in_thread(void *at)
{
    return (void *)(long)crashes(at);
}

int main(int argc, char **argv)
{
    pthread_t thread;
    void *volatile block = malloc(10);
    if (argc == 1)
        return crashes((int *)8);
    pthread_create(&thread, NULL, in_thread, (void *)8);
    pthread_join(thread, NULL);
    free(block);
    return 0;
}
