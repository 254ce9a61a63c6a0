#include "detect/handle_use.h"

#include <errno.h>

#include "base/recording.h"
#include "detect/handle_stale.h"
#include "detect/handle_sweep.h"
#include "report/finding.h"
#include "state/carrier.h"
#include "state/resource.h"
#include "state/stack.h"

#define STANDARD_LAST 2

/* An unordered close is told as the race that it is. */
static bool is_told_as_race(int fd)
{
    const struct descriptor *at = carriers_watched() ? descriptor_find(fd) : NULL;
    return at && at->generation && at->told == at->generation;
}

static void tell(struct thread *self, const struct handle_row *row, bool seen, uint32_t stack,
                 const char *called, int error)
{
    struct finding finding;
    finding_begin(&finding, KIND_USE_AFTER_CLOSE, self);
    finding_stack(&finding, ROLE_HERE, stack, self->number);
    if (seen)
        finding_stack(&finding, ROLE_CLOSED, row->closed_stack, row->closed_thread);
    finding_stack(&finding, ROLE_OPENED, row->opened_stack, row->opened_thread);
    struct evidence_row *handle = finding_evidence(&finding, EVIDENCE_HANDLE, ROLE_OPENED);
    handle->a = row->value;
    handle->b = row->kind;
    handle->string = string_keep(handle_name(row));
    struct evidence_row *call = finding_evidence(&finding, EVIDENCE_CALL, ROLE_HERE);
    call->string = string_keep(called);
    call->a = (uint64_t)error;
    if (!seen) {
        finding.confidence = CONFIDENCE_LIKELY;
        finding.detail =
            string_keep("The close was not seen: it was made inside another call or by "
                        "a raw system call.");
    }
    finding_tell(&finding);
}

void handle_use_failed(struct thread *self, int fd, uint32_t stack, const char *called, bool asks)
{
    const struct handle_row *row = handle_fd_find(fd);
    if (fd < 0 || !stack || (asks && fd <= STANDARD_LAST))
        return;
    bool seen = row && handle_state_of(row) == HANDLE_CLOSED;
    /* Open, and not in the way that the call needs. */
    if (row && !seen && handle_fd_is_open(fd))
        return;
    enum sweep sweep = handle_sweep(fd, !row, stack);
    if (sweep == SWEEP_BEGINS)
        finding_take_back(KIND_USE_AFTER_CLOSE, stack);
    if (sweep != SWEEP_NO || !row || (!seen && !row->opened_stack) || is_told_as_race(fd))
        return;
    if (!seen || !handle_stale_seen(self, row, stack, called))
        tell(self, row, seen, stack, called, EBADF);
}

__attribute__((noinline)) void handle_use_released(struct thread *self, enum handle_kind kind,
                                                   uintptr_t address, const char *called,
                                                   const void *frame)
{
    bool certain;
    const struct handle_row *row = observing.handles ? resource_find(kind, address) : NULL;
    if (row && !(row->flags & HANDLE_LIBRARY) && resource_is_gone(row, &certain) && certain)
        tell(self, row, true, stack_here(self, frame), called, 0);
}
