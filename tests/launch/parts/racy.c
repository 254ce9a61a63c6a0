/* A race that needs no schedule: both threads write before either is joined. */
#include <pthread.h>
#include <stdio.h>

static int shared;

static void *increment(void *unused)
{
    shared++;
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, increment, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    puts("ran");
    return 0;
}
