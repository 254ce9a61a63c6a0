/*
 * fork and its relatives. A fork's child is set up by the handler that fork.c registers before
 * anybody else's; here are the forks that run no handlers, and what the parent notes.
 */
#include <errno.h>

#include "base/recording.h"
#include "base/syscall.h"
#include "format/tables.h"
#include "interpose/real.h"
#include "interpose/registration.h"
#include "state/child.h"
#include "state/process.h"
#include "state/stack.h"
#include "state/thread.h"

/* What was born before and after is told apart in the parent. */
void fork_note(pid_t child, const void *frame)
{
    struct thread *self = child > 0 ? guard_enter() : NULL;
    if (!self)
        return;
    __atomic_fetch_add(&recording->checkpoint, 1, __ATOMIC_RELAXED);
    uint32_t stack = stack_here(self, frame);
    thread_event(self, EVENT_FORK, 0, stack, (uint64_t)child);
    child_born(self, child, stack);
    guard_leave(self);
}

pid_t wrap_fork(void)
{
    registration_fork_begins();
    pid_t child = real.fork();
    fork_note(child, FRAME);
    return child;
}

pid_t wrap__Fork(void)
{
    process_forks();
    pid_t child = real._Fork();
    if (child == 0)
        process_forked();
    fork_note(child, FRAME);
    return child;
}

/* libc's daemon ends the parent by a call of its own, which we would not see. */
int wrap_daemon(int stay, int keep)
{
    registration_fork_begins();
    pid_t child = real.fork();
    if (child < 0)
        return -1;
    if (child > 0)
        wrap__exit(0); /* nobody is to wait for that child */
    if (setsid() < 0 || (!stay && chdir("/") != 0))
        return -1;
    if (keep)
        return 0;
    int null = open("/dev/null", O_RDWR);
    if (null < 0)
        return -1;
    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    if (null > 2)
        close(null);
    return 0;
}

/* Called by the assembly below alone. */
struct thread *vfork_enter(void) __attribute__((used));
pid_t vfork_leave(long result, struct thread *self) __attribute__((used));

/* Before a vfork: the child shares our memory, so until it is gone this thread counts as inside the
   shim and observes nothing. Returns what vfork_leave needs. */
struct thread *vfork_enter(void)
{
    struct thread *self = guard_enter();
    if (self)
        self->busy = GUARD_VFORK;
    return self;
}

/* In the parent, when the child has gone to its image or its end. */
pid_t vfork_leave(long result, struct thread *self)
{
    if (self) {
        guard_leave(self);
        fork_note((pid_t)result, FRAME);
    }
    if (raw_failed(result)) {
        errno = (int)-result;
        return -1;
    }
    return (pid_t)result;
}

/* vfork returns twice to the same caller, and the child overwrites the stack below it meanwhile:
   the return address waits in a register. */
__asm__(".text\n"
        ".globl vfork, __vfork\n"
        ".type vfork, @function\n"
        ".type __vfork, @function\n"
        "vfork:\n"
        "__vfork:\n"
        ".cfi_startproc\n"
        "sub $8, %rsp\n .cfi_adjust_cfa_offset 8\n"
        "call vfork_enter\n"
        "add $8, %rsp\n .cfi_adjust_cfa_offset -8\n"
        "mov %rax, %rsi\n"
        "pop %rdi\n .cfi_adjust_cfa_offset -8\n .cfi_register %rip, %rdi\n"
        "mov $58, %eax\n" /* vfork */
        "syscall\n"
        "push %rdi\n .cfi_adjust_cfa_offset 8\n .cfi_rel_offset %rip, 0\n"
        "test %rax, %rax\n"
        "jz 1f\n"
        "mov %rax, %rdi\n"
        "jmp vfork_leave\n"
        "1: ret\n"
        ".cfi_endproc\n"
        ".size vfork, . - vfork\n"
        ".size __vfork, . - __vfork\n");
