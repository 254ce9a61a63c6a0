#include "detect/handle_misuse.h"

#include <errno.h>

#include "base/lock.h"
#include "base/memory.h"
#include "base/recording.h"
#include "report/finding.h"

/* What a call stack closed in vain last. A table with one place per hash: a stack that pushes
   another out costs that one its memory of being a sweep, so a finding may then be told that is
   taken back again. Protected by LOCK_CLOSES. */
#define VAIN_SLOTS 256u

/* How far apart two numbers may be to count as neighbours: a sweep may leave some out, and a loop
   that the compiler unrolled has several call stacks that take turns. */
#define SWEEP_STEP 4

static struct vain {
    uint32_t stack;
    int32_t last;
    bool last_was_never_open;
    bool sweep;
} vain[VAIN_SLOTS];

void handle_misuse_start_up(void)
{
    mem_clear(vain, sizeof vain);
}

static bool closed_by(int fd, uint32_t stack)
{
    const struct handle_row *row = handle_fd_find(fd);
    return row && handle_state_of(row) == HANDLE_CLOSED && row->closed_stack == stack;
}

enum sweep { SWEEP_NO, SWEEP_BEGINS, SWEEP_GOES_ON };

static enum sweep part_of_sweep(const struct handle_closing *closing)
{
    bool never = closing->was == HANDLE_NONE;
    int fd = closing->fd;
    enum sweep sweep = SWEEP_NO;
    lock_take(LOCK_CLOSES);
    struct vain *at = &vain[closing->stack * 0x9e3779b9u >> 24];
    if (at->stack != closing->stack)
        *at = (struct vain){.stack = closing->stack, .last = -1};
    bool neighbour = at->last >= 0 && at->last != fd && fd - at->last <= SWEEP_STEP &&
                     at->last - fd <= SWEEP_STEP;
    if (at->sweep)
        sweep = SWEEP_GOES_ON;
    else if ((neighbour && (never || at->last_was_never_open)) ||
             (never && (closed_by(fd - 1, closing->stack) || closed_by(fd + 1, closing->stack))))
        sweep = SWEEP_BEGINS;
    at->sweep = sweep != SWEEP_NO;
    at->last = fd;
    at->last_was_never_open = never;
    lock_give(LOCK_CLOSES);
    return sweep;
}

static void add_handle(struct finding *finding, uint64_t value, unsigned kind, uint32_t name)
{
    struct evidence_row *handle = finding_evidence(finding, EVIDENCE_HANDLE, ROLE_OPENED);
    handle->a = value;
    handle->b = kind;
    handle->string = name;
}

static void add_call(struct finding *finding, const char *called, int error)
{
    struct evidence_row *call = finding_evidence(finding, EVIDENCE_CALL, ROLE_HERE);
    call->string = string_keep(called);
    call->a = (uint64_t)error;
}

/* Name of what the number stood for, unless it stands for something new by now. */
static uint32_t name_of(const struct handle_closing *closing)
{
    const struct handle_row *row = handle_fd_find(closing->fd);
    return row && row->generation == closing->generation ? string_keep(handle_name(row)) : 0;
}

static void tell_double_close(struct thread *self, const struct handle_closing *closing,
                              const char *called)
{
    struct finding finding;
    finding_begin(&finding, KIND_DOUBLE_CLOSE, self);
    finding_stack(&finding, ROLE_HERE, closing->stack, self->number);
    finding_stack(&finding, ROLE_CLOSED, closing->closed_stack, closing->closed_thread);
    finding_stack(&finding, ROLE_OPENED, closing->opened_stack, closing->opened_thread);
    add_handle(&finding, (uint64_t)closing->fd, closing->kind, name_of(closing));
    add_call(&finding, called, EBADF);
    if (closing->was == HANDLE_OPEN) {
        finding.confidence = CONFIDENCE_LIKELY;
        finding.detail = string_keep("The first close was not seen: it was made inside another "
                                     "call (closedir …) or by a raw system call.");
    }
    finding_tell(&finding);
}

static void tell_bad_close(struct thread *self, const struct handle_closing *closing,
                           const char *called)
{
    struct finding finding;
    finding_begin(&finding, KIND_BAD_CLOSE, self);
    /* Closing -1 changes nothing and can never hit another's descriptor. */
    if (closing->fd == -1)
        finding.severity = SEVERITY_NOTE;
    finding_stack(&finding, ROLE_HERE, closing->stack, self->number);
    add_handle(&finding, (uint64_t)(int64_t)closing->fd, HANDLE_KIND_FD_OTHER, 0);
    add_call(&finding, called, EBADF);
    finding_tell(&finding);
}

/* Closing a number that was never open is what programs do on purpose in two places: to be sure
   that the standard descriptors are gone, and in a child between fork and exec. */
static bool is_hygiene(const struct handle_closing *closing)
{
    return closing->was == HANDLE_NONE &&
           ((closing->fd >= 0 && closing->fd <= 2) || (closing->fd > 2 && recording->forked));
}

void handle_close_failed(struct thread *self, const struct handle_closing *closing,
                         const char *called)
{
    if (closing->fd >= 0 && closing->stack) {
        enum sweep sweep = part_of_sweep(closing);
        if (sweep == SWEEP_BEGINS) {
            finding_take_back(KIND_BAD_CLOSE, closing->stack);
            finding_take_back(KIND_DOUBLE_CLOSE, closing->stack);
        }
        if (sweep != SWEEP_NO || is_hygiene(closing))
            return;
    }
    if (closing->was == HANDLE_NONE)
        tell_bad_close(self, closing, called);
    else
        tell_double_close(self, closing, called);
}

void handle_stream_again(struct thread *self, const struct handle_row *row, bool certain,
                         uint32_t stack, const char *called)
{
    struct finding finding;
    finding_begin(&finding, KIND_DOUBLE_CLOSE, self);
    finding.confidence = certain ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    finding_stack(&finding, ROLE_HERE, stack, self->number);
    finding_stack(&finding, ROLE_CLOSED, row->closed_stack, row->closed_thread);
    finding_stack(&finding, ROLE_OPENED, row->opened_stack, row->opened_thread);
    add_handle(&finding, row->value, row->kind, string_keep(handle_name(row)));
    add_call(&finding, called, 0);
    finding_tell(&finding);
}
