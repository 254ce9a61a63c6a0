#include "base/action.h"

#include "base/syscall.h"

#define FLAG_RESTORER 0x04000000ul

/* These very bytes are what unwinders know as the return from a signal handler. */
__asm__(".text\n"
        ".globl action_return\n"
        ".hidden action_return\n"
        ".type action_return, @function\n"
        "action_return:\n"
        "    mov $15, %rax\n"
        "    syscall\n"
        ".size action_return, . - action_return\n");

int action_install(int signal, void (*handler)(int, siginfo_t *, void *), unsigned long flags,
                   struct kernel_action *ret_old)
{
    struct kernel_action action = {.handler = handler,
                                   .flags = flags | SA_SIGINFO | FLAG_RESTORER,
                                   .restorer = action_return,
                                   .mask = ~0ull};
    return (int)raw_syscall(SYS_rt_sigaction, signal, &action, ret_old, sizeof action.mask);
}

void action_restore(int signal, const struct kernel_action *old)
{
    raw_syscall(SYS_rt_sigaction, signal, old, NULL, sizeof old->mask);
}

void action_chain(const struct kernel_action *old, int signal, siginfo_t *info, void *context)
{
    if (old->handler == (void *)SIG_IGN)
        return;
    if (old->handler == (void *)SIG_DFL)
        action_restore(signal, old);
    else
        old->handler(signal, info, context);
}
