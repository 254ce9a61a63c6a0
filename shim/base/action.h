/*
 * Signal actions by raw system calls: for the moments when the shim needs a handler of its own and
 * must put the program's back exactly as it was, including those that libc does not let one touch.
 */
#ifndef HOLDFAST_BASE_ACTION_H
#define HOLDFAST_BASE_ACTION_H

#include <signal.h>
#include <stdint.h>

/* The kernel's struct (arch/x86/include/uapi/asm/signal.h). */
struct kernel_action {
    void (*handler)(int signal, siginfo_t *info, void *context);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

/* How a handler returns to the kernel. */
void action_return(void) __attribute__((visibility("hidden")));

/* Installs a SA_SIGINFO handler that blocks all signals while it runs. Returns 0 or -errno. */
int action_install(int signal, void (*handler)(int, siginfo_t *, void *), unsigned long flags,
                   struct kernel_action *ret_old);
void action_restore(int signal, const struct kernel_action *old);

/* Does what `old` would have done: calls its handler, or, for a default action that ends the
   process, puts it back and returns so that the instruction faults again. */
void action_chain(const struct kernel_action *old, int signal, siginfo_t *info, void *context);

#endif
