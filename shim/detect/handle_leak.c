#include "detect/handle_leak.h"

#include <fcntl.h>

#include "base/memory.h"
#include "base/recording.h"
#include "base/syscall.h"
#include "base/text.h"
#include "detect/handle_name.h"
#include "detect/handle_scan.h"
#include "detect/lasting_name.h"
#include "report/finding.h"
#include "state/block.h"
#include "state/creation.h"
#include "state/handle.h"
#include "state/maps.h"
#include "state/resource.h"

#define STANDARD_LAST 2

/* One place opens all logs of a program. */
#define LOGS_MOST 4u

/* How many of one place make it worth telling, of kinds that have no effect in glibc. A process has
   1024 keys at most (PTHREAD_KEYS_MAX). */
#define MANY      32u
#define MANY_KEYS 256u

/* How many rows of this kind and stack there are; of HELD_MANY. By hash, so that a hundred thousand
   rows need no search; two that meet in one place are counted together, which only matters for a
   threshold. Static: one thread at a time. */
#define COUNTS 1024u
static uint32_t counts[COUNTS];

/* A library that is asked for so often without being given back: growth. */
#define MANY_TIMES 32u

/* Of HELD_SUMMED. */
struct sum {
    const struct handle_row *first;
    uint64_t count, bytes;
};

struct look {
    struct thread *self;
    struct sum sums[3];
};

static void begin(struct finding *finding, struct thread *self, const struct handle_row *row)
{
    const struct handle_info *info = handle_info(row->kind);
    finding_begin(finding, info ? (enum kind)info->leak : KIND_FD_LEAK, self);
    finding->thread = row->opened_thread;
    finding_stack(finding, ROLE_OPENED, row->opened_stack, row->opened_thread);
    struct evidence_row *handle = finding_evidence(finding, EVIDENCE_HANDLE, ROLE_OPENED);
    handle->a = row->value;
    handle->b = row->kind;
    handle->string = string_keep(handle_name(row));
}

/* Where others that were opened at the same place were released: this one's way past it is what to
   look for. */
static bool add_release(struct finding *finding, const struct handle_row *row)
{
    const struct creation *creation = creation_find(row->opened_stack);
    if (!creation || !creation->released || creation->live < 0 ||
        creation->made <= (uint32_t)creation->live)
        return false;
    finding_stack(finding, ROLE_RELEASED, creation->released, creation->released_thread);
    return true;
}

static void tell(struct thread *self, const struct handle_row *row, uint8_t severity,
                 uint32_t count, const char *detail)
{
    struct finding finding;
    begin(&finding, self, row);
    if (!severity && add_release(&finding, row) && !detail)
        detail = "Others that were opened there were released, by the call shown: an early return, "
                 "an exception, a longjmp or a cancellation may have skipped it.";
    finding.severity = severity;
    finding.count = count ? count : 1;
    if (row->kind == HANDLE_KIND_MAPPING || row->kind == HANDLE_KIND_SEGMENT)
        finding.amount = row->extra;
    finding.detail = string_keep(detail);
    finding_tell(&finding);
}

static enum handle_held held_of(const struct handle_row *row)
{
    const struct handle_info *info = handle_info(row->kind);
    return info ? (enum handle_held)info->held : HELD_TOLD;
}

/* ---- one after the other */

static uint32_t *count_of(const struct handle_row *row)
{
    return &counts[(row->opened_stack * 0x9e3779b9u + row->kind) % COUNTS];
}

/* A resource that was released where we did not see it is a freed block. */
static bool is_left(const struct handle_row *row)
{
    const struct block_row *block = block_find(row->value);
    return handle_is_the_programs(row->flags) &&
           !(block && block_state_of(block) == BLOCK_FREED && block_address(block) == row->value);
}

static bool is_many(const struct handle_row *row)
{
    return row->flags & HANDLE_LOST || row->kind == HANDLE_KIND_KEY;
}

static void count(struct handle_row *row, void *unused)
{
    if (held_of(row) == HELD_MANY && handle_is_the_programs(row->flags) && is_many(row))
        *count_of(row) += row->extra ? (uint32_t)row->extra : 1;
}

/* A module's row stands for a name that was asked for: is something of that name mapped? Asked of
   the kernel, because the loader's lock may be held for good by now. The name of the file may be
   longer: that of a link was asked for. */
static void note_module(struct handle_row *row, void *with)
{
    const struct mapping *mapping = with;
    if (row->kind == HANDLE_KIND_MODULE &&
        text_starts(text_base(mapping->name), text_base(handle_name(row))))
        __atomic_fetch_or(&row->flags, HANDLE_REACHED, __ATOMIC_RELAXED);
}

static void look_at_mapping(const struct mapping *mapping, void *unused)
{
    if (mapping->executable && *mapping->name == '/')
        resource_each(note_module, (void *)mapping);
}

static void find_modules(void)
{
    char *buffer = pages_map(MAPS_BUFFER);
    if (!buffer)
        return;
    maps_each(buffer, look_at_mapping, NULL);
    pages_unmap(buffer, MAPS_BUFFER);
}

static void note_any(struct handle_row *row, void *with)
{
    *(bool *)with |= row->kind == HANDLE_KIND_MODULE;
}

static void add_to(struct sum *sum, const struct handle_row *row)
{
    if (!sum->first)
        sum->first = row;
    sum->count++;
    sum->bytes += row->kind == HANDLE_KIND_MODULE ? 0 : row->extra;
}

static void look_at(struct handle_row *row, void *with)
{
    struct look *look = with;
    enum handle_held held = held_of(row);
    bool counted = held == HELD_MANY || row->kind == HANDLE_KIND_NAMED_SEMAPHORE;
    uint32_t times = counted ? (uint32_t)row->extra : 1;
    if (held == HELD_MANY) {
        if (handle_is_the_programs(row->flags) && is_many(row) &&
            *count_of(row) >= (row->kind == HANDLE_KIND_KEY ? MANY_KEYS : MANY))
            tell(look->self, row, 0, times, NULL);
        return;
    }
    if (!is_left(row))
        return;
    if (held == HELD_NAME) {
        if (lasting_name_is_there(row->kind, handle_name(row), row->value))
            tell(look->self, row, SEVERITY_NOTE, 1, "It is still there when the process ends.");
        return;
    }
    /* Addresses that are only reserved keep others away: nobody needs a pointer for that. */
    bool reserved = row->kind == HANDLE_KIND_MAPPING && !row->owner;
    if (row->kind == HANDLE_KIND_MODULE && !(row->flags & HANDLE_REACHED))
        return;
    if (row->kind == HANDLE_KIND_MODULE && row->extra >= MANY_TIMES) {
        tell(look->self, row, 0, (uint32_t)row->extra,
             "It was loaded again each time, and never given back: libc counts.");
        return;
    }
    if (held == HELD_SUMMED && (reserved || !(row->flags & HANDLE_LOST))) {
        add_to(&look->sums[row->kind - HANDLE_KIND_MAPPING], row);
        return;
    }
    if (held == HELD_SILENT && !(row->flags & HANDLE_LOST))
        return;
    if (!*handle_name(row) && resource_fd(row) >= 0)
        handle_name_look(row, resource_fd(row));
    bool kept = held == HELD_NOTE && row->flags & HANDLE_REACHED;
    tell(look->self, row, kept ? SEVERITY_NOTE : 0, times,
         kept ? "The program still had a pointer to it at the end." : NULL);
}

static void tell_sum(struct thread *self, const struct sum *sum)
{
    struct finding finding;
    if (!sum->first)
        return;
    begin(&finding, self, sum->first);
    finding.severity = SEVERITY_NOTE;
    finding.count = (uint32_t)sum->count;
    finding.amount = sum->bytes;
    finding.detail = string_keep("All that were still held are counted here; the first is shown.");
    finding_tell(&finding);
}

/* Of what programs hold as long as they run, by design, and have one of. A log is left to exit by
   all; the rest only by those that run until they are told to end. */
static bool is_for_life(const struct handle_row *row, int fd)
{
    const struct creation *creation = creation_find(row->opened_stack);
    if (!recording->shutdown_signal && row->kind != HANDLE_KIND_FD_FILE)
        return false;
    /* Both ends of one pipe: it wakes the program's own loop. */
    if (creation && row->kind == HANDLE_KIND_FD_PIPE)
        return creation->made == 2 && creation->live == 2;
    if (!creation || creation->made > (row->kind == HANDLE_KIND_FD_FILE ? LOGS_MOST : 1))
        return false;
    long flags;
    switch (row->kind) {
    case HANDLE_KIND_FD_EPOLL:
    case HANDLE_KIND_FD_EVENTFD:
    case HANDLE_KIND_FD_TIMER:
    case HANDLE_KIND_FD_SIGNAL:
    case HANDLE_KIND_FD_INOTIFY:
    case HANDLE_KIND_FD_URING:
    case HANDLE_KIND_FD_DEVICE:
        return true;
    case HANDLE_KIND_FD_SOCKET:
        return text_find_text(handle_name(row), "listening") != NULL;
    case HANDLE_KIND_FD_FILE:
        flags = raw_syscall(SYS_fcntl, fd, F_GETFL);
        return !raw_failed(flags) && flags & O_APPEND;
    default:
        return false;
    }
}

void handle_leak_look(struct thread *self)
{
    uint32_t fds = handle_fd_count();
    static struct look look;
    for (uint32_t fd = STANDARD_LAST + 1; fd < fds; fd++) {
        struct handle_row *row = handle_fd_find((int)fd);
        if (!row || handle_state_of(row) != HANDLE_OPEN || !handle_is_the_programs(row->flags) ||
            !handle_fd_is_open((int)fd))
            continue;
        handle_name_look(row, (int)fd);
        bool for_life = is_for_life(row, (int)fd);
        tell(self, row, for_life ? SEVERITY_NOTE : 0, 1,
             for_life
                 ? "Few were opened there: programs that run until they are told to end hold logs, "
                   "devices, listening sockets and what an event loop is made of for life."
                 : NULL);
    }
    bool modules = false;
    resource_each(note_any, &modules);
    if (modules)
        find_modules();
    mem_clear(&look, sizeof look);
    mem_clear(counts, sizeof counts);
    look.self = self;
    resource_each(count, NULL);
    resource_each(look_at, &look);
    for (unsigned i = 0; i < sizeof look.sums / sizeof look.sums[0]; i++)
        tell_sum(self, &look.sums[i]);
}
