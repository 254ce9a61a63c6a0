/*
 * Jumps to places that nothing in the program's file tells of: they land in the middle of what was
 * moved, and go on there. Also when all signals are blocked, in a handler that blocks all, and with
 * handlers of the program's own for the signals that tell of it.
 *
 * // options: --races=full
 * // expect: none
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t own;
static atomic_int wrong;

/* Enters a row of additions to keep[1], 4 bytes each, at an offset that comes at run time. */
static __attribute__((noinline)) void stray(long value, long offset, long *keep)
{
    keep[0] = value * 5;
    keep[1] = value;
    __asm__ volatile("lea 1f(%%rip), %%rcx\n"
                     "add %0, %%rcx\n"
                     "jmp *%%rcx\n"
                     "1: addq $1, (%1)\n"
                     "addq $2, (%1)\n"
                     "addq $4, (%1)\n"
                     "addq $8, (%1)\n"
                     :
                     : "r"(offset), "S"(keep + 1)
                     : "rcx", "cc", "memory");
}

static void go(void)
{
    static const long sums[] = {15, 14, 12, 8};
    volatile long offset = 0;
    for (int round = 0; round < 5; round++)
        for (int i = 0; i < 4; i++, offset = i * 4) {
            long keep[2];
            stray(round, i * 4 + offset * 0, keep);
            if (keep[0] != round * 5 || keep[1] != round + sums[i])
                wrong++;
        }
}

static void on_signal(int signal)
{
    go();
}

static void on_own(int signal)
{
    own++;
}

static void *work(void *unused)
{
    sigset_t all;
    go();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    go();
    sigprocmask(SIG_BLOCK, &all, NULL);
    go();
    return NULL;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_own};
    sigaction(SIGTRAP, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    action.sa_handler = on_signal;
    sigfillset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    raise(SIGUSR1);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pid_t self = getpid();
    if (own || kill(self, SIGTRAP) || own != 1)
        return 2;
    return wrong ? 1 : 0;
}
