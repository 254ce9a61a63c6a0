#include "detect/fault.h"

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#include "base/action.h"
#include "base/syscall.h"

/* Layout known to the code below. */
struct fault_point {
    uintptr_t rbx, rbp, r12, r13, r14, r15, rsp, rip;
};
struct fault_point fault_point __attribute__((visibility("hidden")));

static int32_t reader; /* tid of the thread that is armed, 0 none */
static struct kernel_action old_segv, old_bus;

__asm__(".text\n"
        ".globl fault_point_set\n"
        ".hidden fault_point_set\n"
        ".type fault_point_set, @function\n"
        "fault_point_set:\n"
        "    .cfi_startproc\n"
        "    lea fault_point(%rip), %rdx\n"
        "    mov %rbx, (%rdx)\n"
        "    mov %rbp, 8(%rdx)\n"
        "    mov %r12, 16(%rdx)\n"
        "    mov %r13, 24(%rdx)\n"
        "    mov %r14, 32(%rdx)\n"
        "    mov %r15, 40(%rdx)\n"
        "    lea 8(%rsp), %rax\n"
        "    mov %rax, 48(%rdx)\n"
        "    mov (%rsp), %rax\n"
        "    mov %rax, 56(%rdx)\n"
        "    xor %eax, %eax\n"
        "    ret\n"
        "    .cfi_endproc\n"
        ".size fault_point_set, . - fault_point_set\n");

static void on_fault(int signal, siginfo_t *info, void *context)
{
    /* si_code > 0: the kernel says that an access failed; somebody's kill() is the program's. */
    if (info->si_code <= 0 || raw_syscall(SYS_gettid) != reader) {
        action_chain(signal == SIGSEGV ? &old_segv : &old_bus, signal, info, context);
        return;
    }
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    registers[REG_RBX] = (greg_t)fault_point.rbx;
    registers[REG_RBP] = (greg_t)fault_point.rbp;
    registers[REG_R12] = (greg_t)fault_point.r12;
    registers[REG_R13] = (greg_t)fault_point.r13;
    registers[REG_R14] = (greg_t)fault_point.r14;
    registers[REG_R15] = (greg_t)fault_point.r15;
    registers[REG_RSP] = (greg_t)fault_point.rsp;
    registers[REG_RIP] = (greg_t)fault_point.rip;
    registers[REG_RAX] = 1;
}

void fault_arm(void)
{
    reader = (int32_t)raw_syscall(SYS_gettid);
    action_install(SIGSEGV, on_fault, SA_ONSTACK, &old_segv);
    action_install(SIGBUS, on_fault, SA_ONSTACK, &old_bus);
}

void fault_disarm(void)
{
    action_restore(SIGBUS, &old_bus);
    action_restore(SIGSEGV, &old_segv);
    reader = 0;
}
