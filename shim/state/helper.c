#include "state/helper.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/syscall.h"
#include "base/text.h"
#include "state/environment.h"

#define STACK_SIZE 8192u

/* A folder of that name (of the libraries that stand in for others) is none. */
static bool is_program(const char *path)
{
    struct stat status;
    return !raw_failed(raw_syscall(SYS_access, path, X_OK)) &&
           !raw_failed(raw_syscall(SYS_stat, path, &status)) && S_ISREG(status.st_mode);
}

bool helper_find(const char *const *places, char *path, size_t room)
{
    const char *library = environment.path;
    if (!library)
        return false;
    size_t folder = (size_t)(text_base(library) - library);
    for (; *places; places++) {
        struct text text = text_in(path, room);
        text_add_bytes(&text, library, folder ? folder - 1 : 0);
        text_add(&text, *places);
        if (is_program(path))
            return true;
    }
    return false;
}

/* In the child, which shares our memory and runs on its own stack: system calls alone. Handlers
   must not run here, so they go before signals are let in. */
static int become_helper(void *argument)
{
    const struct helper *helper = argument;
    struct {
        uintptr_t handler;
        uint64_t flags;
        uintptr_t restorer;
        uint64_t mask;
    } action; /* as the kernel has it */
    for (int signal = 1; signal <= 64; signal++) {
        if (raw_failed(raw_syscall(SYS_rt_sigaction, signal, NULL, &action, 8)) ||
            action.handler == (uintptr_t)SIG_IGN)
            continue;
        mem_clear(&action, sizeof action);
        raw_syscall(SYS_rt_sigaction, signal, &action, NULL, 8);
    }
    uint64_t none = 0;
    if (helper->out != 2)
        raw_syscall(SYS_dup2, helper->out, 2);
    raw_syscall(SYS_close_range, 3, ~0u, 0);
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    raw_syscall(SYS_execve, helper->path, helper->argv, helper->envp);
    return 127;
}

/* A child that shares our memory, and our time until it has its own image or is gone. Like vfork,
   but on a stack of its own (top) and with exit signal 0. */
static long start_child(uintptr_t *top, int (*run)(void *), const void *argument)
{
    long result;
    *--top = (uintptr_t)argument;
    *--top = (uintptr_t)run;
    __asm__ volatile("syscall\n"
                     "test %%rax, %%rax\n"
                     "jnz 1f\n"
                     "xor %%ebp, %%ebp\n"
                     "pop %%rax\n"
                     "pop %%rdi\n"
                     "call *%%rax\n"
                     "mov %%eax, %%edi\n"
                     "mov %[exit], %%eax\n"
                     "syscall\n"
                     "1:\n"
                     : "=a"(result)
                     : "a"(SYS_clone), "D"(CLONE_VM | CLONE_VFORK), "S"(top),
                       "d"(0), [exit] "i"(SYS_exit)
                     : "rcx", "r11", "r8", "r9", "r10", "memory");
    return result;
}

/* Two stacks: of the child in between and of the helper until its exec. */
struct stacks {
    const struct helper *helper;
    unsigned char between[STACK_SIZE] __attribute__((aligned(16)));
    unsigned char helpers[STACK_SIZE] __attribute__((aligned(16)));
};

/* Kills the child when its time is over. */
static void mind_limit(long pid, unsigned seconds)
{
    long fd = raw_syscall(SYS_pidfd_open, pid, 0);
    if (raw_failed(fd))
        return;
    struct pollfd ended = {.fd = (int)fd, .events = POLLIN};
    struct timespec time = {.tv_sec = seconds};
    long result;
    do /* the kernel leaves in time what is left of it */
        result = raw_syscall(SYS_ppoll, &ended, 1, &time, NULL, 0);
    while (result == -4 /* EINTR */);
    if (result == 0)
        raw_syscall(SYS_kill, pid, SIGKILL);
    raw_syscall(SYS_close, fd);
}

/* The kernel makes SIGCHLD the exit signal of a child that execs, and then the program's wait would
   see it: so a child in between, which never execs, has the helper for its child. */
static int wait_for_helper(void *argument)
{
    struct stacks *stacks = argument;
    long pid =
        start_child((uintptr_t *)(stacks->helpers + STACK_SIZE), become_helper, stacks->helper);
    int status = 0;
    if (raw_failed(pid))
        return 127;
    if (stacks->helper->limit)
        mind_limit(pid, stacks->helper->limit);
    while (raw_syscall(SYS_wait4, pid, &status, __WALL, NULL) == -4 /* EINTR */)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

int helper_run(const struct helper *helper)
{
    struct stacks *stacks = pages_map(sizeof *stacks);
    int status = -1;
    if (!stacks)
        return -1;
    stacks->helper = helper;
    long pid = start_child((uintptr_t *)(stacks->between + STACK_SIZE), wait_for_helper, stacks);
    if (!raw_failed(pid)) {
        while (raw_syscall(SYS_wait4, pid, &status, __WALL, NULL) == -4 /* EINTR */)
            ;
        status = WIFEXITED(status) && WEXITSTATUS(status) < 126 ? WEXITSTATUS(status) : -1;
    }
    pages_unmap(stacks, sizeof *stacks);
    return status;
}
