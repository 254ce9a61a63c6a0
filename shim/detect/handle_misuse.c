#include "detect/handle_misuse.h"

#include <errno.h>

#include "base/recording.h"
#include "detect/handle_stale.h"
#include "detect/handle_sweep.h"
#include "report/finding.h"

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
        enum sweep sweep = handle_sweep(closing->fd, closing->was == HANDLE_NONE, closing->stack);
        if (sweep == SWEEP_BEGINS) {
            finding_take_back(KIND_BAD_CLOSE, closing->stack);
            finding_take_back(KIND_DOUBLE_CLOSE, closing->stack);
            handle_stale_take_back(closing->stack);
        }
        if (sweep != SWEEP_NO || is_hygiene(closing))
            return;
    }
    const struct handle_row *row = handle_fd_find(closing->fd);
    if (closing->was == HANDLE_NONE)
        tell_bad_close(self, closing, called);
    else if (closing->was != HANDLE_CLOSED || !row || row->generation != closing->generation ||
             !handle_stale_seen(self, row, closing->stack, called))
        tell_double_close(self, closing, called);
}

void handle_released_again(struct thread *self, const struct handle_row *row, bool certain,
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

void handle_never_made(struct thread *self, enum handle_kind kind, uint64_t value, uint32_t stack,
                       const char *called)
{
    struct finding finding;
    finding_begin(&finding, KIND_BAD_CLOSE, self);
    finding_stack(&finding, ROLE_HERE, stack, self->number);
    add_handle(&finding, value, kind, 0);
    add_call(&finding, called, 0);
    finding_tell(&finding);
}
