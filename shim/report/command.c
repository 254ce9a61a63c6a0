#include "report/command.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/syscall.h"
#include "base/text.h"
#include "state/environment.h"
#include "state/options.h"

/* Where the command lies as seen from the library: built, installed, installed with a multiarch
   folder. */
static const char *const places[] = {"/holdfast", "/../tools/holdfast", "/../bin/holdfast",
                                     "/../../bin/holdfast", "/../../../bin/holdfast"};

/* A folder of that name (of the libraries that stand in for others) is none. */
static bool is_program(const char *path)
{
    struct stat status;
    return !raw_failed(raw_syscall(SYS_access, path, X_OK)) &&
           !raw_failed(raw_syscall(SYS_stat, path, &status)) && S_ISREG(status.st_mode);
}

static bool find_command(char *path, size_t room)
{
    const char *library = environment.path;
    if (!library)
        return false;
    size_t folder = (size_t)(text_base(library) - library);
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct text text = text_in(path, room);
        text_add_bytes(&text, library, folder ? folder - 1 : 0);
        text_add(&text, places[i]);
        if (is_program(path))
            return true;
    }
    return false;
}

struct child {
    const char *path;
    const char *const *argv;
    char *const *envp;
    int out;
};

/* In the child, which shares our memory and runs on its own stack: system calls alone. Handlers
   must not run here, so they go before signals are let in. */
static int become_command(void *argument)
{
    const struct child *child = argument;
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
    if (child->out != 2)
        raw_syscall(SYS_dup2, child->out, 2);
    raw_syscall(SYS_close_range, 3, ~0u, 0);
    raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    raw_syscall(SYS_execve, child->path, child->argv, child->envp);
    return 127;
}

/* A child that shares our memory, and our time until it has its own image or is gone. Like vfork,
   but on a stack of its own (top) and with exit signal 0. */
static long start_child(uintptr_t *top, int (*run)(void *), void *argument)
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

/* The kernel makes SIGCHLD the exit signal of a child that execs, and then the program's wait would
   see it: so a child in between, which never execs, has the command for its child. */
static int wait_for_command(void *argument)
{
    static char stack[8192] __attribute__((aligned(16)));
    long pid = start_child((uintptr_t *)(stack + sizeof stack), become_command, argument);
    int status = 0;
    if (raw_failed(pid))
        return 127;
    while (raw_syscall(SYS_wait4, pid, &status, __WALL, NULL) == -4 /* EINTR */)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

int command_report(const char *recording, int out, bool quiet)
{
    static char path[1280];
    static char *const no_environment[] = {NULL};
    const char *argv[] = {"holdfast",
                          "report",
                          "--from-shim",
                          "--fail-on",
                          options.text[OPTION_FAIL_ON],
                          "--suppressions",
                          options.text[OPTION_SUPPRESSIONS],
                          recording,
                          NULL,
                          NULL};
    if (quiet) {
        argv[7] = "--quiet";
        argv[8] = recording;
    }
    struct child child = {
        .path = path, .argv = argv, .envp = environ ? environ : no_environment, .out = out};
    if (!find_command(path, sizeof path))
        return -1;
    static char stack[8192] __attribute__((aligned(16)));
    long pid = start_child((uintptr_t *)(stack + sizeof stack), wait_for_command, &child);
    if (raw_failed(pid))
        return -1;
    int status = -1;
    while (raw_syscall(SYS_wait4, pid, &status, __WALL, NULL) == -4 /* EINTR */)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) < 126 ? WEXITSTATUS(status) : -1;
}
