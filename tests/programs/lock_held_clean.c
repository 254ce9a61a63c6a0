/* Locks that nobody holds when it ends: released by clean-up handlers, by others' ends, by _exit of
a child that its parent's locks do not concern.
// expect: none
*/
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, held_on = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static gate ready, holding;

static void unlocks(void *mutex)
{
    pthread_mutex_unlock(mutex);
}

/* Cancelled inside the wait, which has given the lock up and takes it again. */
static void *waits(void *argument)
{
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(unlocks, &lock);
    gate_open(&ready);
    for (;;)
        pthread_cond_wait(&never, &lock);
    pthread_cleanup_pop(0);
    return argument;
}

/* Cancelled while it waits for a lock: takes effect at the next cancellation point. */
static void *wants(void *argument)
{
    gate_open(&ready);
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(unlocks, &lock);
    pthread_testcancel();
    pthread_cleanup_pop(1);
    return argument;
}

/* Runs on when the process ends, with its lock. */
static void *runs_on(void *argument)
{
    pthread_mutex_lock(&held_on);
    gate_open(&holding);
    for (;;) /* does not wait, so that nothing is to be said of that */
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    return argument;
}

/* The next owner of a robust lock is told; one that processes share may be another's to release. */
static void *outlived(void *mutex)
{
    pthread_mutex_lock(mutex);
    return NULL;
}

static void leave_to_others(int robust)
{
    static pthread_mutex_t mutexes[2];
    pthread_mutex_t *mutex = &mutexes[robust];
    pthread_mutexattr_t attr;
    pthread_t thread;
    pthread_mutexattr_init(&attr);
    if (robust)
        pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    else
        pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(mutex, &attr);
    pthread_create(&thread, NULL, outlived, mutex);
    pthread_join(thread, NULL);
    if (robust && pthread_mutex_lock(mutex) == EOWNERDEAD) {
        pthread_mutex_consistent(mutex);
        pthread_mutex_unlock(mutex);
    }
}

static void jumps(void)
{
    jmp_buf back;
    pthread_mutex_lock(&lock);
    if (setjmp(back) == 0)
        longjmp(back, 1);
    pthread_mutex_unlock(&lock);
}

int main(void)
{
    pthread_t thread;
    leave_to_others(0);
    leave_to_others(1);
    pthread_create(&thread, NULL, waits, NULL);
    gate_wait(&ready);
    pthread_mutex_lock(&lock); /* it waits now */
    pthread_mutex_unlock(&lock);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    pthread_mutex_lock(&lock);
    pthread_create(&thread, NULL, wants, NULL);
    gate_wait_count(&ready, 2);
    pthread_cancel(thread);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    jumps();
    pthread_mutex_lock(&lock);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    pthread_mutex_unlock(&lock);
    pthread_create(&thread, NULL, runs_on, NULL);
    pthread_detach(thread);
    gate_wait(&holding);
    printf("done\n");
    return 0;
}
