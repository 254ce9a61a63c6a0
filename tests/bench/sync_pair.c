/* Semaphores, conditions, barriers, once controls, one thread at work while another sleeps.
   usage: sync_pair WHAT COUNT: CPU ns of one wait and one post (semaphore), one signal that meets
   nobody (signal), one wait that ends by its time at once with lock and unlock (timedwait), one
   arrival at a barrier for one (barrier), one question of a control that is done (once). */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static sem_t semaphore;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static const struct timespec past = {.tv_sec = 1};

static void *sleeps(void *argument)
{
    pause();
    return argument;
}

static void nothing(void)
{
}

static void semaphore_once(void)
{
    sem_post(&semaphore);
    sem_wait(&semaphore);
}

static void signal_once(void)
{
    pthread_cond_signal(&cond);
}

static void timedwait_once(void)
{
    pthread_mutex_lock(&mutex);
    pthread_cond_timedwait(&cond, &mutex, &past);
    pthread_mutex_unlock(&mutex);
}

static void barrier_once(void)
{
    pthread_barrier_wait(&barrier);
}

static void ask_once(void)
{
    pthread_once(&once, nothing);
}

static const struct {
    const char *name;
    void (*act)(void);
} table[] = {{"semaphore", semaphore_once},
             {"signal", signal_once},
             {"timedwait", timedwait_once},
             {"barrier", barrier_once},
             {"once", ask_once}};

int main(int argc, char **argv)
{
    pthread_t thread;
    struct timespec from, to;
    if (argc < 3)
        return 2;
    pthread_create(&thread, NULL, sleeps, NULL);
    sem_init(&semaphore, 0, 0);
    pthread_barrier_init(&barrier, NULL, 1);
    long count = atol(argv[2]);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].name, argv[1]) != 0)
            continue;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        for (long n = 0; n < count; n++)
            table[i].act();
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        double ns = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
        printf("%.1f\n", ns / (double)count);
        fflush(stdout);
        _exit(0);
    }
    return 2;
}
