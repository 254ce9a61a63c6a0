/*
 * Children of every kind, made by a program whose code was moved: they run moved code too, and what
 * they start does not.
 *
 * // options: --races=full
 * // expect: none
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static __attribute__((noinline)) unsigned count(unsigned *rows, unsigned rounds)
{
    unsigned sum = 1;
    for (unsigned i = 0; i < rounds; i++) {
        rows[i % 64] += i;
        sum = sum * 33 + rows[(i * 5) % 64];
    }
    return sum;
}

static unsigned expected;

static void *work(void *unused)
{
    unsigned rows[64] = {0};
    return count(rows, 5000) == expected ? NULL : (void *)1;
}

static int run_threads(void)
{
    pthread_t threads[2];
    void *wrong = NULL, *result;
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &result);
        wrong = result ? result : wrong;
    }
    return wrong != NULL;
}

static int status_of(pid_t child)
{
    int status = -1;
    while (waitpid(child, &status, 0) < 0)
        ;
    return status;
}

static int by_fork(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(run_threads() || work(NULL));
    return status_of(child);
}

static int by_vfork(void)
{
    unsigned rows[64]; /* of this thread: a child of vfork uses its memory */
    pid_t child = vfork();
    if (child == 0) {
        memset(rows, 0, sizeof rows);
        if (count(rows, 5000) != expected)
            _exit(1);
        execl("/proc/self/exe", "child", "child", (char *)NULL);
        _exit(2);
    }
    return status_of(child);
}

static int by_spawn(void)
{
    char *const arguments[] = {"child", "child", NULL};
    pid_t child;
    return posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) ||
           status_of(child);
}

static int in_clone(void *argument)
{
    return work(argument) != NULL;
}

/* A child that libc knows nothing of. */
static int by_clone(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    int child = clone(in_clone, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
    return child < 0 || status_of(child);
}

static void *in_thread(void *unused)
{
    return by_fork() || by_vfork() || by_spawn() ? (void *)1 : NULL;
}

int main(int argc, char **argv)
{
    unsigned rows[64] = {0};
    expected = count(rows, 5000);
    if (argc > 1)
        return run_threads();
    if (run_threads())
        return 1;
    for (int i = 0; i < 5; i++)
        if (by_fork() || by_vfork() || by_spawn() || by_clone())
            return 2;
    pthread_t threads[2];
    void *result;
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, in_thread, NULL);
    for (int i = 0; i < 2; i++)
        if (pthread_join(threads[i], &result) || result)
            return 3;
    return 0;
}
