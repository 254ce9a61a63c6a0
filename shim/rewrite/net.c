#include "rewrite/net.h"

#include <signal.h>
#include <ucontext.h>

#include "base/action.h"
#include "base/syscall.h"
#include "state/moved.h"
#include "state/signals.h"

/* si_code of the kernel's: int3, ud2 and what #GP stands for have SI_KERNEL or a code of their own;
   positive ones are never somebody's who sends. */
#define INT3 0xcc
#define INT1 0xf1

static enum rewrite_form form;
static bool (*cover_address)(uintptr_t address);
void (*net_met)(void *owner);
void (*net_ending)(void);

static bool is_sent(const siginfo_t *info)
{
    return info->si_code <= 0;
}

/* The instruction at pc was moved, and something came to it past the jump to its run. */
static bool redirect(uintptr_t pc, greg_t *registers)
{
    const struct moved_module *module = moved_by_text(pc);
    const struct rewrite_moved *row = module ? moved_entry(module, pc, false) : NULL;
    if (!row)
        return false;
    moved_enter(module, row, registers, &rewrite_slots);
    if (net_met)
        net_met(module->owner);
    return true;
}

static bool met_trap(int signal, const siginfo_t *info, greg_t *registers)
{
    uintptr_t pc = (uintptr_t)registers[REG_RIP];
    if (signal != SIGTRAP)
        return redirect(pc, registers);
    /* int3 and int1 have been executed; a debugger's steps and watchpoints are none. */
    if (info->si_code != SI_KERNEL && info->si_code != TRAP_BRKPT)
        return false;
    const struct moved_module *module = moved_by_text(pc - 1);
    if (!module)
        return false;
    uint8_t byte = *(const volatile uint8_t *)(pc - 1);
    return (byte == INT3 || byte == INT1) && redirect(pc - 1, registers);
}

/* Where the program's byte lies whose filter cell is at an address. */
static uintptr_t of_cell(uintptr_t cell)
{
    if (form == FORM_FLIP)
        return cell ^ rewrite_slots.flip;
    uintptr_t distance;
    __asm__("rdgsbase %0" : "=r"(distance));
    return cell - distance;
}

/* A check that faults looked for a cell. */
static bool met_check(int signal, const siginfo_t *info, greg_t *registers)
{
    const struct moved_module *module = moved_by_code((uintptr_t)registers[REG_RIP]);
    const struct rewrite_moved *row =
        module ? moved_row(module, (uintptr_t)registers[REG_RIP]) : NULL;
    if (!row || signal != SIGSEGV || !(row->state & MOVED_CHECKING))
        return false;
    /* Of an address that is none at all the kernel does not say which. */
    if (info->si_code != SI_KERNEL && cover_address &&
        cover_address(of_cell((uintptr_t)info->si_addr)))
        return true;
    const struct rewrite_moved *behind = moved_entry(module, module->text_start + row->text, true);
    if (!behind || !moved_to_program(registers, &rewrite_slots))
        return false;
    moved_enter(module, behind, registers, &rewrite_slots);
    return true;
}

static bool in_alternate_stack(uintptr_t sp, const ucontext_t *context)
{
    uintptr_t low = (uintptr_t)context->uc_stack.ss_sp;
    return context->uc_stack.ss_size && sp >= low && sp - low < context->uc_stack.ss_size;
}

/* A fault of the program in its own handler of that signal: without us the signal is blocked there,
   and the process ends. The handler still runs when what was interrupted now stands deeper on the
   stack that it runs on; it may have been left by longjmp. */
static bool in_own_handler(const struct thread *self, int signal,
                           const struct kernel_action *action, const ucontext_t *context)
{
    if (!self || self->handler.signal != signal || !self->handler.frame ||
        action->flags & SA_NODEFER)
        return false;
    uintptr_t sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP], frame = self->handler.frame;
    return sp < frame && in_alternate_stack(sp, context) == in_alternate_stack(frame, context) &&
           (in_alternate_stack(sp, context) ||
            (sp >= self->stack_low && frame <= self->stack_high));
}

/* The process ends, and what is left of it shall be the program's. */
static void end(int signal, siginfo_t *info, ucontext_t *context, bool again)
{
    moved_to_program(context->uc_mcontext.gregs, &rewrite_slots);
    if (net_ending)
        net_ending();
    signal_handler *stand_in = signals_stand_in(signal);
    if (stand_in) {
        stand_in(signal, info, context);
        return;
    }
    signals_default(signal);
    if (again)
        signals_again(signal, info);
}

/* Ours, which calls the program's, shows it the program's context itself. */
static void run_handler(const struct kernel_action *action, int signal, siginfo_t *info,
                        ucontext_t *context)
{
    uintptr_t handler = (uintptr_t)action->handler;
    if (handler >= (uintptr_t)__start_handler_code && handler < (uintptr_t)__stop_handler_code) {
        action->handler(signal, info, context);
        return;
    }
    struct moved_shown shown;
    moved_show(&shown, context);
    action->handler(signal, info, context);
    moved_hide(&shown, context);
}

static void pass_on(int signal, siginfo_t *info, ucontext_t *context)
{
    struct thread *self = thread_current;
    struct kernel_action action;
    bool sent = is_sent(info);
    if (sent && signals_wait(self, signal))
        return;
    signals_standing_action(signal, NULL, &action);
    bool ignores = action.handler == (void *)SIG_IGN;
    if (ignores && sent)
        return;
    /* The kernel goes past int3 before it tells. */
    bool again = sent || signal == SIGTRAP;
    if (ignores || action.handler == (void *)SIG_DFL ||
        action.handler == signals_stand_in(signal) ||
        (!sent && in_own_handler(self, signal, &action, context))) {
        end(signal, info, context, again);
        return;
    }
    if (action.flags & SA_RESETHAND) {
        struct kernel_action default_action = {.handler = (void *)SIG_DFL};
        signals_standing_action(signal, &default_action, NULL);
    }
    run_handler(&action, signal, info, context);
}

static void on_signal(int signal, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;
    greg_t *registers = context->uc_mcontext.gregs;
    if (!is_sent(info) && (met_check(signal, info, registers) || met_trap(signal, info, registers)))
        return;
    pass_on(signal, info, context);
}

void net_start_up(struct thread *self, enum rewrite_form wanted, bool (*cover)(uintptr_t address))
{
    form = wanted;
    cover_address = cover;
    if (!signals_standing)
        signals_stand(SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGSEGV), on_signal,
                      self);
}
