/*
 * A thread that a barrier has let go, and that has not run yet when the others wait for each other
 * in the next phase, is no thread that waits in vain. A tracer holds it back so that it happens.
 *
 * // expect: none
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "support.h"

static pthread_barrier_t barrier;
static int slow_tid, fast_tid, last_tid, ends[2];
static gate begun;
static struct {
    gate passed;
} * shared; /* with the tracer, another process */

static void *slow(void *unused)
{
    slow_tid = (int)support_call(SYS_gettid, 0, 0, 0, 0);
    gate_open(&begun);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return unused;
}

static void *fast(void *unused)
{
    fast_tid = (int)support_call(SYS_gettid, 0, 0, 0, 0);
    gate_open(&begun);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return unused;
}

/* Arrives when the slow thread is held, and for the second time when the fast one has gone on and
   waits again. */
static void *last(void *unused)
{
    char byte;
    last_tid = (int)support_call(SYS_gettid, 0, 0, 0, 0);
    gate_open(&begun);
    if (read(ends[0], &byte, 1) != 1)
        abort();
    pthread_barrier_wait(&barrier);
    gate_open(&shared->passed);
    if (read(ends[0], &byte, 1) != 1)
        abort();
    pthread_barrier_wait(&barrier);
    return unused;
}

/* In the barrier, and not in a lock on its way there. */
static void until_asleep(int parent, int tid)
{
    char path[64], text[64];
    unsigned long address, operation;
    do {
        snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", parent, tid);
        long fd = support_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY, 0);
        long length = support_call(SYS_read, fd, (long)text, sizeof text - 1, 0);
        support_call(SYS_close, fd, 0, 0, 0);
        text[length > 0 ? length : 0] = '\0';
        support_call(SYS_sched_yield, 0, 0, 0, 0);
        /* FUTEX_WAKE is one, too. */
    } while (sscanf(text, "202 %lx %lx", &address, &operation) != 2 ||
             (operation & FUTEX_CMD_MASK) == FUTEX_WAKE ||
             address - (unsigned long)&barrier >= sizeof barrier);
}

/* In another process: stops the slow thread while it waits, and lets it go when the others wait in
   the second phase. */
static int hold(int parent)
{
    int status;
    until_asleep(parent, slow_tid);
    until_asleep(parent, fast_tid);
    if (ptrace(PTRACE_SEIZE, slow_tid, 0, 0) || ptrace(PTRACE_INTERRUPT, slow_tid, 0, 0) ||
        waitpid(slow_tid, &status, __WALL) != slow_tid)
        return 1;
    if (write(ends[1], "", 1) != 1)
        return 1;
    gate_wait_count(&shared->passed, 1);
    until_asleep(parent, fast_tid);
    if (write(ends[1], "", 1) != 1)
        return 1;
    until_asleep(parent, last_tid);
    return ptrace(PTRACE_DETACH, slow_tid, 0, 0) != 0;
}

int main(void)
{
    pthread_t threads[3];
    int status;
    if (pipe(ends) || pthread_barrier_init(&barrier, NULL, 3))
        return 1;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    pthread_create(&threads[0], NULL, slow, NULL);
    pthread_create(&threads[1], NULL, fast, NULL);
    pthread_create(&threads[2], NULL, last, NULL);
    gate_wait_count(&begun, 3);
    int parent = getpid(), child = (int)support_call(SYS_fork, 0, 0, 0, 0);
    if (child == 0)
        support_call(SYS_exit_group, hold(parent), 0, 0, 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    waitpid(child, &status, 0);
    close(ends[0]);
    close(ends[1]);
    printf("%d\n", status);
    return 0;
}
