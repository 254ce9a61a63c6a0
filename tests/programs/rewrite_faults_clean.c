/*
 * The program's own faults and traps, and its masks and actions of the signals that tell of them,
 * are what they are without us.
 *
 * // options: --races=full
 * // expect: none
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                \
            exit(__LINE__ % 250 + 1);                                                              \
        }                                                                                          \
    } while (0)

static __thread sigjmp_buf back;
static __thread volatile uintptr_t fault_pc, fault_address, go_on, page;
static __thread volatile int came;

extern const char load_here[], load_done[], trap_done[], ud2_here[], ud2_done[];

static __attribute__((noinline)) long load(const long *from, long more)
{
    long value = more * 3;
    __asm__ volatile("add $5, %0\n"
                     ".globl load_here, load_done\n"
                     "load_here: add (%1), %0\n"
                     "load_done: add $7, %0\n"
                     : "+r"(value)
                     : "r"(from)
                     : "cc", "memory");
    return value;
}

static __attribute__((noinline)) long trap(long value)
{
    __asm__ volatile("add $1, %0\n int3\n .globl trap_done\n trap_done: add $2, %0\n"
                     ".globl ud2_here, ud2_done\n ud2_here: ud2\n ud2_done: add $3, %0\n"
                     : "+r"(value)
                     :
                     : "cc", "memory");
    return value;
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    came++;
    fault_pc = (uintptr_t)registers[REG_RIP];
    fault_address = (uintptr_t)info->si_addr;
    if (signal == SIGILL)
        registers[REG_RIP] = (greg_t)ud2_done;
    else if (page)
        mprotect((void *)page, 4096, PROT_READ | PROT_WRITE);
    else if (go_on)
        registers[REG_RIP] = (greg_t)go_on;
    else if (signal == SIGSEGV)
        siglongjmp(back, 1);
}

static void faults(void)
{
    long good = 100;
    for (int i = 0; i < 20; i++) {
        if (!sigsetjmp(back, 1)) {
            load((const long *)(0x10 + 8 * (uintptr_t)i), 1);
            CHECK(0);
        }
        CHECK(fault_pc == (uintptr_t)load_here && fault_address == 0x10 + 8 * (uintptr_t)i);
    }
    go_on = (uintptr_t)load_done;
    CHECK(load((const long *)8, 2) == 6 + 5 + 7);
    CHECK(load((const long *)0xdeadbeef00000000, 2) == 6 + 5 + 7);
    go_on = 0;
    long *lazy = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page = (uintptr_t)lazy;
    CHECK(load(lazy + 3, 2) == 6 + 5 + 7 && fault_address == (uintptr_t)(lazy + 3));
    page = 0;
    lazy[3] = 50;
    CHECK(load(lazy + 3, 2) == 6 + 5 + 50 + 7);
    munmap(lazy, 4096);
    CHECK(load(&good, 2) == 6 + 5 + 100 + 7);
    came = 0;
    CHECK(trap(10) == 16 && came == 2 && fault_pc == (uintptr_t)ud2_here);
}

static void masks(void)
{
    sigset_t all, old, now, waiting;
    int got;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_SETMASK, &all, &old) == 0);
    CHECK(sigismember(&old, SIGSEGV) == 0 && sigismember(&old, SIGTRAP) == 0);
    CHECK(pthread_sigmask(SIG_BLOCK, NULL, &now) == 0);
    CHECK(sigismember(&now, SIGSEGV) == 1 && sigismember(&now, SIGTRAP) == 1 &&
          sigismember(&now, SIGILL) == 1 && sigismember(&now, SIGUSR1) == 1);
    long good = 1;
    CHECK(load(&good, 1) == 3 + 5 + 1 + 7);
    came = 0;
    CHECK(pthread_kill(pthread_self(), SIGTRAP) == 0 && came == 0);
    CHECK(sigpending(&waiting) == 0 && sigismember(&waiting, SIGTRAP) == 1);
    CHECK(pthread_sigmask(SIG_SETMASK, &old, NULL) == 0 && came == 1);
    CHECK(sigpending(&waiting) == 0 && sigismember(&waiting, SIGTRAP) == 0);
    /* And one that is no fault's. */
    sigset_t user;
    sigemptyset(&user);
    sigaddset(&user, SIGUSR1);
    CHECK(pthread_sigmask(SIG_BLOCK, &user, NULL) == 0);
    CHECK(pthread_kill(pthread_self(), SIGUSR1) == 0 && sigwait(&user, &got) == 0 &&
          got == SIGUSR1);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &user, NULL) == 0);
}

static void *work(void *unused)
{
    faults();
    masks();
    return NULL;
}

static int status_of(void (*run)(void))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        run();
        _exit(99);
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void fault_by_default(void)
{
    signal(SIGSEGV, SIG_DFL);
    load((const long *)16, 1);
}

static void fault_ignored(void)
{
    signal(SIGSEGV, SIG_IGN);
    raise(SIGSEGV);
    load((const long *)16, 1);
}

static void trap_by_default(void)
{
    signal(SIGTRAP, SIG_DFL);
    trap(1);
}

static void in_handler(int signal)
{
    load((const long *)16, 1);
    _exit(3);
}

static void fault_in_handler(void)
{
    signal(SIGSEGV, in_handler);
    load((const long *)16, 1);
}

static void fault_once(void)
{
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = (int)(SA_SIGINFO | SA_RESETHAND)};
    sigaction(SIGSEGV, &action, NULL);
    go_on = (uintptr_t)load_done;
    load((const long *)16, 1);
    load((const long *)16, 1);
}

int main(void)
{
    struct sigaction now, action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGTRAP, &action, NULL);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    work(NULL);
    CHECK(sigaction(SIGSEGV, NULL, &now) == 0);
    CHECK(now.sa_sigaction == on_fault && (now.sa_flags & SA_SIGINFO) &&
          !(now.sa_flags & (SA_NODEFER | SA_ONSTACK)));
    CHECK(sigismember(&now.sa_mask, SIGUSR2) == 1 && sigismember(&now.sa_mask, SIGUSR1) == 0);
    sigfillset(&action.sa_mask);
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGUSR1, NULL, &now) == 0);
    CHECK(sigismember(&now.sa_mask, SIGSEGV) == 1 && sigismember(&now.sa_mask, SIGTRAP) == 1);
    CHECK(status_of(fault_by_default) == SIGSEGV);
    CHECK(status_of(fault_ignored) == SIGSEGV);
    CHECK(status_of(trap_by_default) == SIGTRAP);
    CHECK(status_of(fault_in_handler) == SIGSEGV);
    CHECK(status_of(fault_once) == SIGSEGV);
    CHECK(signal(SIGTRAP, SIG_IGN) == (sighandler_t)(void *)on_fault);
    CHECK(raise(SIGTRAP) == 0 && signal(SIGTRAP, SIG_DFL) == SIG_IGN);
    return 0;
}
