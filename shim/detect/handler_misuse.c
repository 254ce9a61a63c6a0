#include "detect/handler_misuse.h"

#include <ucontext.h>

#include "base/recording.h"
#include "base/text.h"
#include "report/finding.h"
#include "state/depot.h"
#include "state/module.h"
#include "state/signals.h"
#include "state/stack.h"

/* Signals that an instruction or a call of the thread itself brings about, at a known place. Who
   sends one of them from elsewhere is taken for the same: the kernel fills in a siginfo_t only for
   handlers that asked for it. */
static bool is_synchronous(int signal)
{
    switch (signal) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGSYS:
    case SIGPIPE:
    case SIGXFSZ:
    case SIGABRT: /* abort() raises it past us */
        return true;
    default:
        return false;
    }
}

/* The mask to which the thread returns blocks the signal: it came through because sigsuspend, ppoll
   or one of their kind let it in for the time of the call, and only there. */
static bool was_let_in(int signal, const ucontext_t *context)
{
    return context->uc_sigmask.__val[0] >> (signal - 1) & 1;
}

struct handler handler_begin(struct thread *self, int signal, const void *context, uintptr_t frame)
{
    struct handler before = self->handler;
    bool by_itself = self->raises || was_let_in(signal, context) || is_synchronous(signal);
    const stack_t *alternate = &((const ucontext_t *)context)->uc_stack;
    uintptr_t low = (uintptr_t)alternate->ss_sp;
    self->handler = (struct handler){.frame = frame,
                                     .stack_low = frame - low < alternate->ss_size ? low : 0,
                                     .signal = signal,
                                     .by_itself = by_itself};
    self->raises = false;
    return before;
}

void handler_end(struct thread *self, const struct handler *before)
{
    self->handler = *before;
}

void handler_left(struct thread *self)
{
    self->handler = (struct handler){0};
}

static uint32_t in_handler_of(int signal)
{
    static const struct {
        int signal;
        const char *name;
    } names[] = {{SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},       {SIGQUIT, "SIGQUIT"},
                 {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"},     {SIGALRM, "SIGALRM"},
                 {SIGTERM, "SIGTERM"}, {SIGCHLD, "SIGCHLD"},     {SIGCONT, "SIGCONT"},
                 {SIGTSTP, "SIGTSTP"}, {SIGIO, "SIGIO"},         {SIGPROF, "SIGPROF"},
                 {SIGURG, "SIGURG"},   {SIGVTALRM, "SIGVTALRM"}, {SIGWINCH, "SIGWINCH"},
                 {SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"}};
    char words[64];
    struct text text = text_in(words, sizeof words);
    text_add(&text, "in the handler of ");
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].signal == signal) {
            text_add(&text, names[i].name);
            return string_keep(words);
        }
    text_add(&text, "signal ");
    text_add_number(&text, (uint64_t)signal);
    return string_keep(words);
}

/* Where our own code lies (made by the linker). */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));

/* Did the handler itself make this call? Not where our function is not on the stack (the handler
   was left), and not where a wrapper of ours lies between: what printf calls is part of that fault.
 */
static bool made_by_handler(uint32_t stack)
{
    const struct stack_row *row = depot_row(stack);
    for (uint32_t i = 0; row && i < row->frame_count; i++) {
        uint64_t pc = row->frames[i];
        if (pc > (uintptr_t)__start_handler_code && pc <= (uintptr_t)__stop_handler_code)
            return true;
        if (pc >= (uintptr_t)__ehdr_start && pc < (uintptr_t)etext)
            return false;
    }
    return false;
}

__attribute__((noinline)) void handler_unsafe_call_slow(struct thread *self, const char *called,
                                                        const void *frame)
{
    if (self->handler.by_itself)
        return;
    uint32_t stack = stack_here(self, frame);
    if (!made_by_handler(stack))
        return;
    struct finding finding;
    finding_begin(&finding, KIND_SIGNAL_UNSAFE_CALL, self);
    finding.detail = in_handler_of(self->handler.signal);
    finding_stack(&finding, ROLE_HERE, stack, self->number);
    finding_evidence(&finding, EVIDENCE_CALL, ROLE_HERE)->string = string_keep(called);
    finding_tell(&finding);
}

/* The handler's frame is gone, so it is named by its first instruction. What it had interrupted
   does not matter: it is one fault wherever the signal strikes. */
void handler_spoiled_errno(struct thread *self, int signal, uintptr_t handler)
{
    struct stack_frames frames = {.count = 1, .epoch = module_epoch, .exact = 1};
    frames.frames[0] = handler;
    struct finding finding;
    finding_begin(&finding, KIND_ERRNO_SPOILED, self);
    finding.detail = in_handler_of(signal);
    finding_stack(&finding, ROLE_HERE, depot_add(&frames), self->number);
    finding_tell(&finding);
}
