#include "state/handle.h"

#include <fcntl.h>

#include "base/memory.h"
#include "base/recording.h"
#include "base/say.h"
#include "base/syscall.h"
#include "state/clock.h"
#include "state/creation.h"

/* Rows are populated up to the highest number: a lone descriptor far above the others would cost
   megabytes of disk. The kernel hands out the lowest free number, so up to here any number is taken
   and from here on only those that continue what is there. */
#define NUMBERS_FREE 65536u

/* ---- names: each row has room of its own in SECTION_STRINGS, written again for each open, so that
   a server that opens files for years does not fill the section. The room's size is kept in the 8
   bytes before it. */

#define NAME_LONGEST 1000u

static uint64_t name_room(const struct handle_row *row)
{
    const unsigned char *text = section_start[SECTION_STRINGS] + row->name;
    return row->name ? *(const uint64_t *)(text - sizeof(uint64_t)) : 0;
}

const char *handle_name(const struct handle_row *row)
{
    return (const char *)section_start[SECTION_STRINGS] + row->name;
}

void handle_set_name(struct handle_row *row, const char *name)
{
    size_t length = name ? text_length(name) : 0;
    if (length > NAME_LONGEST)
        length = NAME_LONGEST;
    if (length == 0 && !row->name)
        return;
    if (length >= name_room(row)) {
        uint64_t room = 32;
        while (room <= length)
            room *= 2;
        uint64_t *made = section_reserve(SECTION_STRINGS, sizeof *made + room);
        if (!made) {
            row->name = 0;
            return;
        }
        *made = room;
        row->name = (uint32_t)((unsigned char *)(made + 1) - section_start[SECTION_STRINGS]);
    }
    char *text = (char *)section_start[SECTION_STRINGS] + row->name;
    mem_copy(text, name, length);
    text[length] = '\0';
}

/* ---- rows */

/* Descriptors of their own are told apart by when they were opened and closed; for the rest the
   kernel's tick will do. */
static uint64_t time_for(const struct handle_row *row)
{
    bool exact = row->kind < HANDLE_KIND_STREAM && !(row->flags & HANDLE_OWNED);
    return exact ? clock_now() : clock_coarse();
}

void handle_row_open(struct thread *self, struct handle_row *row, uint64_t value,
                     const struct handle_birth *birth)
{
    enum handle_state before = handle_state_of(row);
    /* Closed where we did not see it. */
    if (before == HANDLE_OPEN || before == HANDLE_CLOSING)
        creation_closed(row, 0, 0);
    /* While the fields change the row does not count. The fence keeps them behind this store for a
       reader that re-reads state; pairs with its acquire. */
    __atomic_store_n(&row->state, HANDLE_NONE, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    row->kind = (uint16_t)birth->kind;
    row->flags = birth->flags;
    row->value = value;
    row->opened_stack = birth->stack;
    row->opened_thread = self ? self->number : 0;
    row->closed_stack = row->closed_thread = 0;
    row->opened_time = time_for(row);
    row->closed_time = 0;
    row->checkpoint = recording->checkpoint;
    row->scope = self ? self->scope : 0;
    row->owner = birth->owner;
    row->extra = row->blocks[0] = row->blocks[1] = 0;
    row->generation++;
    handle_set_name(row, birth->name);
    __atomic_store_n(&row->state, HANDLE_OPEN, __ATOMIC_RELEASE);
    creation_opened(row);
    if (self && !(birth->flags & (HANDLE_INHERITED | HANDLE_ADOPTED)))
        thread_event(self, EVENT_HANDLE_OPEN, row->kind, birth->stack, value);
}

void handle_row_close(struct thread *self, struct handle_row *row, enum handle_state state,
                      uint32_t stack)
{
    row->closed_stack = stack;
    row->closed_thread = self->number;
    row->closed_time = time_for(row);
    __atomic_store_n(&row->state, state, __ATOMIC_RELEASE);
    if (state != HANDLE_CLOSED)
        return;
    creation_closed(row, stack, self->number);
    thread_event(self, EVENT_HANDLE_CLOSE, row->kind, stack, row->value);
}

void handle_row_own(struct handle_row *row, uint64_t owner)
{
    creation_closed(row, 0, 0);
    row->owner = owner;
    __atomic_fetch_or(&row->flags, HANDLE_OWNED, __ATOMIC_RELEASE);
}

/* ---- descriptors */

uint32_t handle_fd_count(void)
{
    struct section *section = &recording->sections[SECTION_FDS - 1];
    return (uint32_t)(__atomic_load_n(&section->used, __ATOMIC_RELAXED) /
                      sizeof(struct handle_row));
}

struct handle_row *handle_fd_find(int fd)
{
    if (fd < 0 || (uint32_t)fd >= handle_fd_count())
        return NULL;
    /* Raised used means populated only for whoever raised it; section_row makes sure. */
    struct handle_row *row = section_row(SECTION_FDS, (uint64_t)fd);
    return row && handle_state_of(row) != HANDLE_NONE ? row : NULL;
}

static struct handle_row *fd_row(int fd)
{
    uint32_t number = (uint32_t)fd;
    if (fd < 0)
        return NULL;
    if (number >= NUMBERS_FREE && number / 2 > handle_fd_count()) {
        __atomic_fetch_add(&recording->sections[SECTION_FDS - 1].lost, 1, __ATOMIC_RELAXED);
        say_unobserved(UNOBSERVED_HANDLES_FULL, NULL);
        return NULL;
    }
    return section_row(SECTION_FDS, number);
}

bool handle_fd_is_open(int fd)
{
    return !raw_failed(raw_syscall(SYS_fcntl, fd, F_GETFD, 0));
}

void handle_fd_opened(struct thread *self, int fd, const struct handle_birth *birth)
{
    struct handle_row *row = fd_row(fd);
    if (!row)
        return;
    struct handle_former former = {0};
    if (handle_state_of(row) == HANDLE_CLOSED)
        former = (struct handle_former){row->opened_stack, row->opened_thread, row->closed_stack,
                                        row->closed_thread};
    handle_row_open(self, row, (uint64_t)fd, birth);
    row->former = former;
}

struct handle_row *handle_fd_adopt(struct thread *self, int fd)
{
    struct handle_row *row = handle_fd_find(fd);
    if (row && handle_state_of(row) == HANDLE_OPEN)
        return row;
    row = fd_row(fd);
    if (row)
        handle_row_open(
            self, row, (uint64_t)fd,
            &(struct handle_birth){.kind = HANDLE_KIND_FD_OTHER, .flags = HANDLE_ADOPTED});
    return row;
}

void handle_fd_closing(struct thread *self, int fd, uint32_t stack,
                       struct handle_closing *ret_closing)
{
    struct handle_row *row = handle_fd_find(fd);
    *ret_closing = (struct handle_closing){.fd = fd, .stack = stack};
    if (fd < 0)
        return;
    if (!row || handle_state_of(row) != HANDLE_OPEN) {
        if (handle_fd_is_open(fd))
            row = handle_fd_adopt(self, fd);
        if (!row)
            return;
    }
    ret_closing->was = (uint16_t)handle_state_of(row);
    ret_closing->kind = row->kind;
    ret_closing->flags = row->flags;
    ret_closing->generation = row->generation;
    ret_closing->opened_stack = row->opened_stack;
    ret_closing->opened_thread = row->opened_thread;
    ret_closing->closed_stack = row->closed_stack;
    ret_closing->closed_thread = row->closed_thread;
    ret_closing->owner = row->owner;
    ret_closing->former = row->former;
    if (ret_closing->was == HANDLE_OPEN)
        handle_row_close(self, row, HANDLE_CLOSED, stack);
}

void handle_fd_giving_up(struct thread *self, int fd, uint32_t stack)
{
    struct handle_row *row = handle_fd_find(fd);
    if (row && handle_state_of(row) == HANDLE_OPEN)
        handle_row_close(self, row, HANDLE_CLOSING, stack);
}

void handle_fd_settle(struct thread *self, int fd, bool closed)
{
    struct handle_row *row = handle_fd_find(fd);
    uint32_t closing = HANDLE_CLOSING;
    if (row &&
        __atomic_compare_exchange_n(&row->state, &closing, closed ? HANDLE_CLOSED : HANDLE_OPEN,
                                    false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED) &&
        closed) {
        creation_closed(row, row->closed_stack, self->number);
        thread_event(self, EVENT_HANDLE_CLOSE, row->kind, row->closed_stack, row->value);
    }
}

/* ---- what was open before us */

static void inherit(int fd)
{
    struct handle_row *row = fd_row(fd);
    if (row)
        handle_row_open(
            NULL, row, (uint64_t)fd,
            &(struct handle_birth){.kind = HANDLE_KIND_FD_OTHER, .flags = HANDLE_INHERITED});
}

/* struct linux_dirent64 of getdents64(2): d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name. */
static void inherit_entries(const char *entries, long size, int self)
{
    for (const char *at = entries; at < entries + size;) {
        const char *name = at + 19;
        uint64_t fd;
        if (text_number(name, text_length(name), &fd) && (int)fd != self)
            inherit((int)fd);
        at += *(const uint16_t *)(at + 16);
    }
}

void handle_start_up(void)
{
    char entries[1024] __attribute__((aligned(8)));
    long folder = raw_syscall(SYS_openat, AT_FDCWD, "/proc/thread-self/fd",
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (raw_failed(folder)) {
        for (int fd = 0; fd < 256; fd++)
            if (handle_fd_is_open(fd))
                inherit(fd);
        return;
    }
    long size;
    while ((size = raw_syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0)
        inherit_entries(entries, size, (int)folder);
    raw_syscall(SYS_close, folder);
}
