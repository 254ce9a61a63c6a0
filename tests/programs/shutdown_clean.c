/* Told to end, the program ends its threads first.
// options: --blocked-threshold=0
// signal: TERM
// expect: none
*/
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int jobs, done, over;

static void *pool(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    while (!over) {
        while (!jobs && !over)
            pthread_cond_wait(&condition, &mutex);
        if (jobs) {
            jobs--;
            done++;
            pthread_cond_broadcast(&condition);
        }
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    sigset_t set;
    int signal;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_create(&thread, NULL, pool, NULL);
    for (int i = 1; i <= 3; i++) {
        pthread_mutex_lock(&mutex);
        jobs++;
        pthread_cond_broadcast(&condition);
        while (done < i)
            pthread_cond_wait(&condition, &mutex);
        pthread_mutex_unlock(&mutex);
    }
    printf("ready\n");
    fflush(stdout);
    sigwait(&set, &signal);
    pthread_mutex_lock(&mutex);
    over = 1;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    return 0;
}
