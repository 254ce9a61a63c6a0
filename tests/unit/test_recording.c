/* Handing out room in a recording: disjoint, zeroed, counted when there is none left. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/recording.h"

static char path[64];

static void begin(void)
{
    snprintf(path, sizeof path, "/tmp/holdfast-test-recording-%d", (int)getpid());
    unlink(path);
    cr_assert_eq(recording_create(path, 1ull << 24), 0);
}

static void end(void)
{
    recording_leave();
    unlink(path);
}

TestSuite(recording, .init = begin, .fini = end);

Test(recording, is_not_readable_before_it_is_published)
{
    cr_expect_neq(memcmp(recording->magic, RECORDING_MAGIC, 8), 0);
    recording_publish();
    cr_expect_eq(memcmp(recording->magic, RECORDING_MAGIC, 8), 0);
}

Test(recording, never_overwrites_a_file)
{
    struct recording_header *first = recording;
    cr_expect_eq(recording_create(path, 1ull << 24), -EEXIST);
    cr_expect_eq(recording, first);
}

Test(recording, keeps_equal_strings_once)
{
    uint32_t a = string_keep("hello"), b = string_keep("hello"), c = string_keep("hell");
    cr_expect_neq(a, 0u);
    cr_expect_eq(a, b);
    cr_expect_neq(a, c);
    cr_expect_str_eq((char *)section_start[SECTION_STRINGS] + a, "hello");
    cr_expect_eq(string_keep(""), 0u);
    cr_expect_eq(string_keep(NULL), 0u);
}

Test(recording, counts_what_finds_no_room)
{
    struct section *section = &recording->sections[SECTION_FINDINGS - 1];
    uint64_t rows = section->capacity / section->row_size;
    for (uint64_t i = 0; i < rows; i++)
        cr_assert_not_null(section_reserve(SECTION_FINDINGS, sizeof(struct finding_row)));
    cr_expect_null(section_reserve(SECTION_FINDINGS, sizeof(struct finding_row)));
    cr_expect_eq(section->lost, 1u);
    cr_expect(recording->unobserved & UNOBSERVED_FINDINGS_FULL);
}

#define THREADS 4
#define EACH    5000

static void *reserve(void *arg)
{
    for (int i = 0; i < EACH; i++) {
        uint64_t *room = section_reserve(SECTION_STACKS, 24);
        if (!room || room[0] || room[1] || room[2])
            return (void *)1;
        room[0] = room[1] = room[2] = (uint64_t)(uintptr_t)arg << 32 | (uint64_t)i;
    }
    return NULL;
}

Test(recording, gives_each_thread_room_of_its_own)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, reserve, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        cr_assert_null(failed);
    }
    /* Behind the reserved first unit: every 24 bytes hold one writer's value, each exactly once. */
    uint64_t *at = (uint64_t *)section_start[SECTION_STACKS] + 1;
    uint64_t count[THREADS + 1] = {0};
    for (int i = 0; i < THREADS * EACH; i++, at += 3) {
        cr_assert(at[0] == at[1] && at[1] == at[2]);
        cr_assert_leq(at[0] >> 32, (uint64_t)THREADS);
        count[at[0] >> 32]++;
    }
    for (int i = 1; i <= THREADS; i++)
        cr_expect_eq(count[i], (uint64_t)EACH);
}
