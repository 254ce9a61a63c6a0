#include "detect/exec_leak.h"

#include <fcntl.h>

#include "base/syscall.h"
#include "format/tables.h"
#include "report/finding.h"
#include "state/depot.h"
#include "state/handle.h"

#define STANDARD_LAST 2

/* Looked at in a parent: a fork shall not take longer because 100,000 are open. */
#define NUMBERS_MOST 4096u
#define OPENED_MOST  128u
#define PLACES_MOST  16u

#define NOT_LEAKED                                                                                 \
    (HANDLE_INHERITED | HANDLE_ADOPTED | HANDLE_LIBRARY | HANDLE_CLOEXEC | HANDLE_PASSED)

/* What the parent had open. Written while the child has one thread. */
static struct origin_place {
    uint32_t stack; /* in the parent's recording, then in this one */
    struct stack_frames frames;
} places[PLACES_MOST];
static struct opened {
    int fd;
    uint16_t kind;
    uint16_t place;
} opened[OPENED_MOST];
static uint32_t place_count, opened_count;

static bool may_leak(const struct handle_row *row)
{
    return handle_state_of(row) == HANDLE_OPEN && !(row->flags & NOT_LEAKED) && row->opened_stack;
}

static uint32_t place_of(const struct recording_view *parent, uint32_t stack)
{
    uint32_t i = 0;
    while (i < place_count && places[i].stack != stack)
        i++;
    if (i == place_count && i < PLACES_MOST) {
        places[i].stack = stack;
        depot_copy(parent, stack, &places[i].frames);
        place_count++;
    }
    return i;
}

void exec_leak_gather(const struct recording_view *parent)
{
    const struct handle_row *rows = (const void *)parent->section_start[SECTION_FDS];
    uint64_t count = rows ? parent->header->sections[SECTION_FDS - 1].used / sizeof *rows : 0;
    place_count = opened_count = 0;
    for (uint32_t fd = STANDARD_LAST + 1;
         fd < count && fd < NUMBERS_MOST && opened_count < OPENED_MOST; fd++) {
        if (!may_leak(&rows[fd]))
            continue;
        uint32_t place = place_of(parent, rows[fd].opened_stack);
        if (place < PLACES_MOST)
            opened[opened_count++] =
                (struct opened){.fd = (int)fd, .kind = rows[fd].kind, .place = (uint16_t)place};
    }
}

void exec_leak_keep(void)
{
    for (uint32_t i = 0; i < place_count; i++)
        places[i].stack = places[i].frames.count ? depot_add(&places[i].frames) : 0;
}

/* The kernel's word: open, and not close-on-exec. */
static bool crosses(int fd)
{
    long flags = raw_syscall(SYS_fcntl, fd, F_GETFD, 0);
    return !raw_failed(flags) && !(flags & FD_CLOEXEC);
}

static void tell(struct thread *self, uint32_t stack, int fd, unsigned kind, const char *name,
                 uint32_t opened_stack, uint32_t thread)
{
    struct finding finding;
    finding_begin(&finding, KIND_EXEC_LEAK, self);
    finding_stack(&finding, ROLE_HERE, stack, self->number);
    finding_stack(&finding, ROLE_OPENED, opened_stack, thread);
    struct evidence_row *handle = finding_evidence(&finding, EVIDENCE_HANDLE, ROLE_OPENED);
    handle->a = (uint64_t)fd;
    handle->b = kind;
    handle->string = string_keep(name);
    finding_tell(&finding);
}

void exec_leak_look(struct thread *self, uint32_t stack, bool (*is_named)(int fd, const void *with),
                    const void *with)
{
    uint32_t count = handle_fd_count();
    if (!stack)
        return;
    for (uint32_t fd = STANDARD_LAST + 1; fd < count; fd++) {
        const struct handle_row *row = handle_fd_find((int)fd);
        if (row && may_leak(row) && !(is_named && is_named((int)fd, with)) && crosses((int)fd))
            tell(self, stack, (int)fd, row->kind, handle_name(row), row->opened_stack,
                 row->opened_thread);
    }
    for (uint32_t i = 0; i < opened_count; i++) {
        const struct handle_row *row = handle_fd_find(opened[i].fd);
        /* The number stands for something of the child's own, or the child means it. */
        if (row && (row->opened_stack || row->flags & NOT_LEAKED & ~HANDLE_ADOPTED))
            continue;
        if (places[opened[i].place].stack && !(is_named && is_named(opened[i].fd, with)) &&
            crosses(opened[i].fd))
            tell(self, stack, opened[i].fd, opened[i].kind, NULL, places[opened[i].place].stack, 0);
    }
}

void exec_leak_take_back(uint32_t stack)
{
    finding_take_back(KIND_EXEC_LEAK, stack);
}
