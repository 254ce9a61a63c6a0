/* N threads alive at once, then their memory. usage: many_threads N. Prints "rss KIB". */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_barrier_t arrived, leave;

static void *run(void *arg)
{
    free(malloc(100));
    pthread_barrier_wait(&arrived);
    pthread_barrier_wait(&leave);
    return arg;
}

int main(int argc, char **argv)
{
    unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
    pthread_t *threads = malloc(count * sizeof *threads);
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 65536);
    pthread_barrier_init(&arrived, NULL, count + 1);
    pthread_barrier_init(&leave, NULL, count + 1);
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&threads[i], &attr, run, NULL) != 0)
            return 1;
    pthread_barrier_wait(&arrived);
    long size = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm || fscanf(statm, "%ld %ld", &size, &resident) != 2)
        return 1;
    fclose(statm);
    printf("rss %ld\n", resident * (sysconf(_SC_PAGESIZE) / 1024));
    pthread_barrier_wait(&leave);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    pthread_attr_destroy(&attr);
    pthread_barrier_destroy(&arrived);
    pthread_barrier_destroy(&leave);
    return 0;
}
