/* The index of streams by address against a naive model, and how long rows are kept. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/recording.h"
#include "state/block.h"
#include "state/stream.h"

static char path[64];
static struct thread self = {.number = 3};

void thread_event(struct thread *thread, uint16_t type, uint16_t kind, uint32_t stack,
                  uint64_t object)
{
}

static void begin(void)
{
    snprintf(path, sizeof path, "/tmp/holdfast-test-stream-%d", (int)getpid());
    unlink(path);
    cr_assert_eq(recording_create(path, 1ull << 28), 0);
    cr_assert(block_start_up(false));
    resource_start_up();
}

static void end(void)
{
    recording_leave();
    unlink(path);
}

TestSuite(stream, .init = begin, .fini = end);

static void opened(uintptr_t address, int fd, uint32_t stack)
{
    stream_opened(&self, address, fd,
                  &(struct handle_birth){.kind = HANDLE_KIND_STREAM, .stack = stack});
}

#define MODEL 500
static uintptr_t address_of(int i)
{
    return 0x555500000000 + (uintptr_t)i * 0x1e0;
}

Test(stream, index_agrees_with_a_plain_array)
{
    uint32_t model[MODEL] = {0}; /* stack of the open stream, 0 closed or never there */
    srandom(1);
    for (uint32_t step = 1; step < 50000; step++) {
        int i = (int)(random() % MODEL);
        if (model[i]) {
            stream_closing(&self, address_of(i), HANDLE_CLOSED, step);
            model[i] = 0;
        } else {
            opened(address_of(i), -1, step);
            model[i] = step;
        }
        i = (int)(random() % MODEL);
        const struct handle_row *row = stream_find(address_of(i));
        bool open = row && handle_state_of(row) == HANDLE_OPEN;
        cr_assert_eq(open, model[i] != 0);
        cr_assert(!open || row->opened_stack == model[i]);
    }
    cr_expect_leq(recording->sections[SECTION_HANDLES - 1].used, MODEL * sizeof(struct handle_row));
}

Test(stream, rows_of_closed_ones_are_taken_over)
{
    for (int i = 0; i < 20000; i++) {
        opened(address_of(i), -1, 1);
        stream_closing(&self, address_of(i), HANDLE_CLOSED, 2);
        cr_assert_not_null(stream_find(address_of(i)));
    }
    uint64_t rows = recording->sections[SECTION_HANDLES - 1].used / sizeof(struct handle_row);
    cr_expect_leq(rows, RESOURCES_CLOSED_KEPT + 2);
    cr_expect_not_null(stream_find(address_of(20000 - RESOURCES_CLOSED_KEPT / 2)));
    cr_expect_null(stream_find(address_of(0)));
}

Test(stream, closes_the_descriptor_under_it)
{
    handle_fd_opened(&self, 40,
                     &(struct handle_birth){.kind = HANDLE_KIND_FD_FILE, .flags = HANDLE_OWNED});
    opened(0x7000, 40, 1);
    cr_expect_eq(resource_fd(stream_find(0x7000)), 40);
    stream_closing(&self, 0x7000, HANDLE_CLOSED, 2);
    cr_expect_eq(handle_state_of(handle_fd_find(40)), HANDLE_CLOSED);
    cr_expect_eq(handle_fd_find(40)->closed_stack, 2u);
}

Test(stream, that_nobody_saw_being_opened_is_adopted)
{
    FILE *stream = fopen("/dev/null", "r");
    handle_fd_opened(&self, fileno(stream), &(struct handle_birth){.kind = HANDLE_KIND_FD_FILE});
    stream_closing(&self, (uintptr_t)stream, HANDLE_CLOSED, 9);
    const struct handle_row *row = stream_find((uintptr_t)stream);
    cr_assert_not_null(row);
    cr_expect(row->flags & HANDLE_ADOPTED);
    cr_expect_eq(resource_fd(row), fileno(stream));
    cr_expect_eq(handle_state_of(handle_fd_find(fileno(stream))), HANDLE_CLOSED);
    fclose(stream);
    stream_closing(&self, 0x10, HANDLE_CLOSED, 9); /* no memory there: no crash, no descriptor */
    cr_expect_eq(resource_fd(stream_find(0x10)), -1);
}

/* The block under a FILE says whether another FILE may live at its address by now. */
Test(stream, is_gone_only_while_its_block_is_free)
{
    bool certain;
    uintptr_t at = 0x7f0000001010;
    block_born(&self, at, 472, FAMILY_MALLOC, 1);
    opened(at, -1, 1);
    cr_expect_not(resource_is_gone(stream_find(at), &certain));
    stream_closing(&self, at, HANDLE_CLOSED, 2);
    cr_expect_not(resource_is_gone(stream_find(at), &certain), "fclose has not given it back");
    block_dying(block_find(at), 2);
    cr_expect(resource_is_gone(stream_find(at), &certain));
    cr_expect(certain);
    block_born(&self, at, 472, FAMILY_MALLOC, 3);
    cr_expect_not(resource_is_gone(stream_find(at), &certain));
    opened(0x9000, -1, 1); /* no block known there: another allocator's */
    stream_closing(&self, 0x9000, HANDLE_CLOSED, 2);
    cr_expect(resource_is_gone(stream_find(0x9000), &certain));
    cr_expect_not(certain);
}

Test(stream, forgotten_is_unknown)
{
    opened(0x7000, -1, 1);
    stream_closing(&self, 0x7000, HANDLE_CLOSING, 2);
    resource_forget(HANDLE_KIND_STREAM, 0x7000);
    cr_expect_null(stream_find(0x7000));
    opened(0x7000, -1, 3);
    cr_expect_eq(stream_find(0x7000)->opened_stack, 3u);
}
