/*
 * Handlers that look at what they interrupted see the program's own code, and can walk its stack.
 *
 * // options: --races=full
 * // build: -fno-omit-frame-pointer
 * // expect: none
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

static atomic_int inside, wrong, short_walks;
static __thread volatile int bottom; /* the thread runs rounds() or what it calls */

extern char __executable_start, etext;

static int is_own(uintptr_t pc)
{
    return pc >= (uintptr_t)&__executable_start && pc < (uintptr_t)&etext;
}

static void look(int signal, siginfo_t *info, void *context)
{
    uintptr_t pc = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    struct dl_find_object object;
    if (_dl_find_object((void *)pc, &object) != 0)
        wrong++;
    if (!is_own(pc))
        return;
    inside++;
    void *frames[32];
    int count = backtrace(frames, 32), own = 0;
    for (int i = 0; i < count; i++) {
        if (_dl_find_object(frames[i], &object) != 0)
            wrong++;
        own += is_own((uintptr_t)frames[i]);
    }
    /* The handler, what it interrupted, and work() below that: rounds() is interrupted, too. */
    if (bottom && own < 3)
        short_walks++;
}

struct job {
    unsigned seed, result;
    unsigned table[512];
};

static __attribute__((noinline)) void step(struct job *job, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        unsigned at = job->seed % 512;
        job->table[at] += i ^ job->seed;
        job->seed = job->seed * 1103515245u + 12345u;
        if (job->table[at] & 1)
            job->result += job->table[(at + 1) % 512];
        else
            job->result ^= job->table[at];
    }
}

static __attribute__((noinline)) void rounds(struct job *job)
{
    bottom = 1;
    for (int i = 0; i < 60; i++)
        step(job, 20000);
    bottom = 0;
}

static void *work(void *argument)
{
    rounds(argument);
    return NULL;
}

int main(void)
{
    static struct job alone, jobs[3];
    void *warm[4];
    backtrace(warm, 4); /* loads what it needs */
    alone.seed = 7;
    work(&alone);
    struct sigaction action = {.sa_sigaction = look, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGPROF, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    struct itimerval every = {{0, 1000}, {0, 1000}};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        jobs[i].seed = 7;
        pthread_create(&threads[i], NULL, work, &jobs[i]);
    }
    setitimer(ITIMER_PROF, &every, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    /* Until one has come where it can be seen. */
    while (!inside) {
        struct job more = alone;
        work(&more);
    }
    every = (struct itimerval){0};
    setitimer(ITIMER_PROF, &every, NULL);
    if (wrong || short_walks)
        return 1;
    for (int i = 0; i < 3; i++)
        if (memcmp(&jobs[i], &alone, sizeof alone))
            return 2;
    return 0;
}
