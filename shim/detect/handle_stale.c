#include "detect/handle_stale.h"

#include <errno.h>

#include "base/recording.h"
#include "detect/handle_sweep.h"
#include "report/finding.h"
#include "state/block.h"

#define STANDARD_LAST 2

static void add_former(struct finding *finding, const struct handle_former *former)
{
    finding_stack(finding, ROLE_FORMER, former->opened_stack, former->opened_thread);
    finding_stack(finding, ROLE_FORMER_CLOSED, former->closed_stack, former->closed_thread);
}

static void add_handle(struct finding *finding, const struct handle_row *row)
{
    struct evidence_row *handle = finding_evidence(finding, EVIDENCE_HANDLE, ROLE_OPENED);
    handle->a = row->value;
    handle->b = row->kind;
    handle->string = string_keep(handle_name(row));
}

/* A stream that was closed where we did not see it is a freed block. */
static bool owner_is_there(const struct handle_closing *closing)
{
    const struct block_row *block = block_find(closing->owner);
    return !block || block_state_of(block) != BLOCK_FREED;
}

void handle_stale_close(struct thread *self, const struct handle_closing *closing)
{
    const struct handle_row *row = handle_fd_find(closing->fd);
    if (likely(closing->was != HANDLE_OPEN || !(closing->flags & HANDLE_OWNED)) ||
        closing->fd <= STANDARD_LAST || !row || !closing->stack || !closing->opened_stack ||
        !owner_is_there(closing) || handle_sweep_is(closing->stack))
        return;
    struct finding finding;
    finding_begin(&finding, KIND_STALE_CLOSE, self);
    finding.detail =
        string_keep("The number belongs to a stream or directory that is open: closing "
                    "that one closes it, and by then it may be somebody else's.");
    finding_stack(&finding, ROLE_HERE, closing->stack, self->number);
    finding_stack(&finding, ROLE_OPENED, closing->opened_stack, closing->opened_thread);
    add_former(&finding, &closing->former);
    add_handle(&finding, row);
    finding_tell(&finding);
}

bool handle_stale_seen(struct thread *self, const struct handle_row *row, uint32_t stack,
                       const char *called)
{
    const struct handle_former *former = &row->former;
    if (!former->closed_stack || row->closed_stack != former->closed_stack ||
        row->opened_stack == former->opened_stack || row->closed_stack == stack)
        return false;
    struct finding finding;
    finding_begin(&finding, KIND_STALE_CLOSE, self);
    finding.confidence = CONFIDENCE_LIKELY;
    finding.detail = string_keep("The place that had closed it for its former owner closed it once "
                                 "more when it was another's: that one's call failed.");
    finding_stack(&finding, ROLE_HERE, stack, self->number);
    finding_stack(&finding, ROLE_CLOSED, row->closed_stack, row->closed_thread);
    finding_stack(&finding, ROLE_OPENED, row->opened_stack, row->opened_thread);
    finding_stack(&finding, ROLE_FORMER, former->opened_stack, former->opened_thread);
    add_handle(&finding, row);
    struct evidence_row *call = finding_evidence(&finding, EVIDENCE_CALL, ROLE_HERE);
    call->string = string_keep(called);
    call->a = EBADF;
    finding_tell(&finding);
    return true;
}

void handle_stale_take_back(uint32_t stack)
{
    finding_take_back(KIND_STALE_CLOSE, stack);
}
