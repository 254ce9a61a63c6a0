#include "detect/handle_leak.h"

#include <sys/stat.h>

#include "base/recording.h"
#include "base/syscall.h"
#include "detect/handle_name.h"
#include "report/finding.h"
#include "state/block.h"
#include "state/handle.h"
#include "state/stream.h"

#define NOT_THE_PROGRAMS (HANDLE_INHERITED | HANDLE_ADOPTED | HANDLE_OWNED | HANDLE_LIBRARY)
#define STANDARD_LAST    2

static void tell(struct thread *self, const struct handle_row *row)
{
    struct finding finding;
    const struct handle_info *info = handle_info(row->kind);
    finding_begin(&finding, info ? (enum kind)info->leak : KIND_FD_LEAK, self);
    finding.thread = row->opened_thread;
    finding_stack(&finding, ROLE_OPENED, row->opened_stack, row->opened_thread);
    struct evidence_row *handle = finding_evidence(&finding, EVIDENCE_HANDLE, ROLE_OPENED);
    handle->a = row->value;
    handle->b = row->kind;
    handle->string = string_keep(handle_name(row));
    finding_tell(&finding);
}

/* A stream that was closed where we did not see it is a freed block. */
static void look_at_stream(struct handle_row *row, void *with)
{
    const struct block_row *block = block_find(row->value);
    if (row->flags & NOT_THE_PROGRAMS || (block && block_state_of(block) == BLOCK_FREED))
        return;
    if (!*handle_name(row) && stream_fd(row) >= 0)
        handle_name_look(row, stream_fd(row));
    tell(with, row);
}

void handle_leak_look(struct thread *self)
{
    uint32_t count = handle_fd_count();
    for (uint32_t fd = STANDARD_LAST + 1; fd < count; fd++) {
        struct handle_row *row = handle_fd_find((int)fd);
        if (!row || handle_state_of(row) != HANDLE_OPEN || row->flags & NOT_THE_PROGRAMS ||
            !handle_fd_is_open((int)fd))
            continue;
        handle_name_look(row, (int)fd);
        tell(self, row);
    }
    stream_each(look_at_stream, self);
}
