/*
 * Frames of unusual shapes, each with an allocation at its bottom for tests/unwind/check.c:
 * realigned and variable-sized frames, frames larger than a page, signal handlers on the same and
 * on another stack, one inside the other, and a coroutine on a stack of the program's own.
 */
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#define KEEP __attribute__((noinline, noclone))

static void *volatile kept;
static char handler_stack[256 * 1024], coroutine_stack[256 * 1024];
static ucontext_t outside, coroutine;

static KEEP void bottom(void)
{
    kept = malloc(24);
    free(kept);
}

static KEEP void realigned(unsigned long n)
{
    char room[256] __attribute__((aligned(64)));
    memset(room, (int)n, sizeof room);
    bottom();
    __asm__ volatile("" : : "r"(room) : "memory");
}

static KEEP void realigned_variable(unsigned long n)
{
    char room[64] __attribute__((aligned(32)));
    char *more = alloca(n + 1);
    memset(room, (int)n, sizeof room);
    memset(more, (int)n, n);
    bottom();
    __asm__ volatile("" : : "r"(room), "r"(more) : "memory");
}

static KEEP void large(unsigned long n)
{
    char room[20000];
    room[n] = 1;
    realigned_variable(n);
    __asm__ volatile("" : : "r"(room) : "memory");
}

static KEEP void many_arguments(long a, long b, long c, long d, long e, long f, long g, long h)
{
    realigned((unsigned long)(a + b + c + d + e + f + g + h));
    bottom();
}

static KEEP void deep(unsigned n)
{
    if (n == 0)
        bottom();
    else
        deep(n - 1);
    __asm__ volatile("" ::: "memory");
}

static KEEP void all_shapes(void)
{
    for (unsigned i = 0; i < 100; i++) {
        realigned(i);
        realigned_variable(i * 3);
        large(i);
        many_arguments(1, 2, 3, 4, 5, 6, 7, i);
        deep(i);
    }
}

static void on_signal(int number)
{
    all_shapes();
    if (number == SIGUSR1)
        raise(SIGUSR2);
}

static void in_coroutine(void)
{
    all_shapes();
    swapcontext(&coroutine, &outside);
    all_shapes();
}

static void *in_thread(void *unused)
{
    all_shapes();
    pthread_kill(pthread_self(), SIGUSR1);
    return unused;
}

int main(void)
{
    stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
    struct sigaction here = {.sa_handler = on_signal}, there = here;
    pthread_t thread;
    there.sa_flags = SA_ONSTACK;
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &here, NULL);
    sigaction(SIGUSR2, &there, NULL);
    all_shapes();
    raise(SIGUSR1);
    for (int i = 0; i < 4; i++)
        if (pthread_create(&thread, NULL, in_thread, NULL) != 0 || pthread_join(thread, NULL) != 0)
            return 1;
    getcontext(&coroutine);
    coroutine.uc_stack.ss_sp = coroutine_stack;
    coroutine.uc_stack.ss_size = sizeof coroutine_stack;
    coroutine.uc_link = &outside;
    makecontext(&coroutine, in_coroutine, 0);
    swapcontext(&outside, &coroutine);
    swapcontext(&outside, &coroutine);
    return 0;
}
