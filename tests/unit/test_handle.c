/* Rows of descriptors: their states through real opens and closes made behind the table's back. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/recording.h"
#include "state/handle.h"

static char path[64];
static struct thread self = {.number = 3, .scope = 5};

/* state/thread.c's; a test of the table needs no rings. */
void thread_event(struct thread *thread, uint16_t type, uint16_t kind, uint32_t stack,
                  uint64_t object)
{
}

static void begin(void)
{
    snprintf(path, sizeof path, "/tmp/holdfast-test-handle-%d", (int)getpid());
    unlink(path);
    cr_assert_eq(recording_create(path, 1ull << 28), 0);
}

static void end(void)
{
    recording_leave();
    unlink(path);
}

TestSuite(handle, .init = begin, .fini = end);

static void opened(int fd, uint32_t stack, const char *name)
{
    handle_fd_opened(
        &self, fd,
        &(struct handle_birth){.kind = HANDLE_KIND_FD_FILE, .stack = stack, .name = name});
}

Test(handle, is_known_by_its_number)
{
    cr_expect_null(handle_fd_find(7));
    opened(7, 70, "/a/path");
    const struct handle_row *row = handle_fd_find(7);
    cr_assert_not_null(row);
    cr_expect_eq(handle_state_of(row), HANDLE_OPEN);
    cr_expect_eq(row->value, 7u);
    cr_expect_eq(row->opened_stack, 70u);
    cr_expect_eq(row->opened_thread, 3u);
    cr_expect_eq(row->scope, 5u);
    cr_expect_eq(row->generation, 1u);
    cr_expect_str_eq(handle_name(row), "/a/path");
    cr_expect_null(handle_fd_find(6));
    cr_expect_null(handle_fd_find(8));
    cr_expect_null(handle_fd_find(-1));
}

Test(handle, that_closes_keeps_both_stacks)
{
    struct handle_closing closing;
    int fd = open("/dev/null", O_RDONLY);
    opened(fd, 1, NULL);
    handle_fd_closing(&self, fd, 2, &closing);
    close(fd);
    cr_expect_eq(closing.was, HANDLE_OPEN);
    cr_expect_eq(handle_state_of(handle_fd_find(fd)), HANDLE_CLOSED);
    handle_fd_closing(&self, fd, 3, &closing);
    cr_expect_eq(closing.was, HANDLE_CLOSED);
    cr_expect_eq(closing.opened_stack, 1u);
    cr_expect_eq(closing.closed_stack, 2u);
    cr_expect_eq(handle_fd_find(fd)->closed_stack, 2u, "a close in vain changes nothing");
}

Test(handle, opened_behind_our_back_is_adopted)
{
    struct handle_closing closing;
    int fd = open("/dev/null", O_RDONLY);
    handle_fd_closing(&self, fd, 2, &closing);
    cr_expect_eq(closing.was, HANDLE_OPEN);
    cr_expect(closing.flags & HANDLE_ADOPTED);
    /* The same for a number that was ours once. */
    opened(fd, 1, "/old");
    handle_fd_closing(&self, fd, 4, &closing);
    handle_fd_closing(&self, fd, 5, &closing); /* it is open all the time */
    cr_expect_eq(closing.was, HANDLE_OPEN);
    cr_expect_eq(closing.opened_stack, 0u, "not the old owner's");
    cr_expect_str_empty(handle_name(handle_fd_find(fd)));
    close(fd);
}

Test(handle, never_open_is_none)
{
    struct handle_closing closing;
    handle_fd_closing(&self, 9999, 2, &closing);
    cr_expect_eq(closing.was, HANDLE_NONE);
    cr_expect_null(handle_fd_find(9999));
    handle_fd_closing(&self, -1, 2, &closing);
    cr_expect_eq(closing.was, HANDLE_NONE);
}

Test(handle, given_up_is_settled_either_way)
{
    opened(30, 1, NULL);
    handle_fd_giving_up(&self, 30, 2);
    cr_expect_eq(handle_state_of(handle_fd_find(30)), HANDLE_CLOSING);
    handle_fd_settle(&self, 30, false);
    cr_expect_eq(handle_state_of(handle_fd_find(30)), HANDLE_OPEN);
    handle_fd_giving_up(&self, 30, 2);
    handle_fd_settle(&self, 30, true);
    cr_expect_eq(handle_state_of(handle_fd_find(30)), HANDLE_CLOSED);
    opened(30, 3, NULL);
    handle_fd_giving_up(&self, 30, 4);
    opened(30, 5, NULL); /* another thread has it by now */
    handle_fd_settle(&self, 30, true);
    cr_expect_eq(handle_state_of(handle_fd_find(30)), HANDLE_OPEN);
    cr_expect_eq(handle_fd_find(30)->opened_stack, 5u);
    cr_expect_eq(handle_fd_find(30)->generation, 3u);
    handle_fd_giving_up(&self, 31, 2); /* unknown: nothing */
    handle_fd_settle(&self, 31, true);
    cr_expect_null(handle_fd_find(31));
}

/* Names live in room that each row keeps: a million opens must not use up the strings. */
Test(handle, names_use_room_again)
{
    char name[900];
    struct section *strings = &recording->sections[SECTION_STRINGS - 1];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    opened(5, 1, name);
    cr_expect_str_eq(handle_name(handle_fd_find(5)), name);
    uint64_t used = strings->used;
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "/some/file/%d", i);
        opened(5, 1, name);
        cr_assert_str_eq(handle_name(handle_fd_find(5)), name);
    }
    opened(5, 1, NULL);
    cr_expect_str_empty(handle_name(handle_fd_find(5)));
    cr_expect_eq(strings->used, used);
}

Test(handle, a_name_that_is_too_long_is_cut)
{
    static char name[5000];
    memset(name, 'y', sizeof name - 1);
    opened(5, 1, name);
    size_t length = strlen(handle_name(handle_fd_find(5)));
    cr_expect(length >= 255 && length < 4096);
    opened(6, 1, "next");
    cr_expect_eq(strlen(handle_name(handle_fd_find(5))), length);
}

Test(handle, far_above_the_others_is_not_kept)
{
    opened(1 << 20, 1, NULL);
    cr_expect_null(handle_fd_find(1 << 20));
    cr_expect_eq(recording->sections[SECTION_FDS - 1].lost, 1u);
    cr_expect_lt(handle_fd_count(), 1u << 20);
    opened(60000, 1, NULL);
    cr_expect_not_null(handle_fd_find(60000));
}

Test(handle, open_before_us_is_inherited)
{
    int fd = open("/dev/null", O_RDONLY), far = dup2(fd, 900);
    handle_start_up();
    const struct handle_row *row = handle_fd_find(fd);
    cr_assert_not_null(row);
    cr_expect_eq(handle_state_of(row), HANDLE_OPEN);
    cr_expect(row->flags & HANDLE_INHERITED);
    cr_expect_not_null(handle_fd_find(far));
    for (int i = 0; i < (int)handle_fd_count(); i++)
        cr_expect_eq(handle_fd_find(i) != NULL, handle_fd_is_open(i), "descriptor %d", i);
    close(fd);
    close(far);
}
