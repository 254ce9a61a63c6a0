/* Reading recordings that are good, damaged, foreign or newer. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maker.h"
#include "read.h"

#define FILE_NAME "a.holdfast"

TestSuite(tools_read, .init = maker_enter_folder, .fini = maker_leave_folder);

static void write_sample(const char *name)
{
    struct maker maker;
    cr_assert(maker_sample(&maker, name));
    cr_assert_eq(maker_write(&maker, FILE_NAME), 0);
}

/* Overwrites size bytes of the written sample at offset. */
static void patch(size_t offset, const void *bytes, size_t size)
{
    FILE *file = fopen(FILE_NAME, "r+");
    cr_assert(file && !fseek(file, (long)offset, SEEK_SET) && fwrite(bytes, size, 1, file) == 1);
    fclose(file);
}
#define PATCH(field, value)                                                                        \
    patch(offsetof(struct recording_header, field),                                                \
          &(__typeof__(((struct recording_header *)0)->field)){value},                             \
          sizeof(((struct recording_header *)0)->field))

static void expect_problem(const char *part)
{
    struct problem problem = {""};
    struct recording *recording = recording_open(FILE_NAME, &problem);
    cr_expect_null(recording);
    cr_expect(strstr(problem.text, part), "\"%s\" does not say \"%s\"", problem.text, part);
    recording_close(recording);
}

static struct recording *open_good(void)
{
    struct problem problem = {""};
    struct recording *recording = recording_open(FILE_NAME, &problem);
    cr_assert(recording, "%s", problem.text);
    return recording;
}

Test(tools_read, good_recording_gives_its_rows)
{
    struct finding_row finding;
    write_sample("findings");
    struct recording *recording = open_good();
    cr_expect_eq(recording->header.pid, 4711);
    cr_expect_str_eq(recording_string(recording, recording->header.program), "/opt/app/bin/app");
    cr_expect_eq(recording_count(recording, SECTION_FINDINGS), 4);
    cr_assert(recording_row(recording, SECTION_FINDINGS, 0, &finding, sizeof finding));
    cr_expect_eq(finding.kind, KIND_FD_LEAK);
    cr_expect_eq(finding.count, 1000);
    cr_expect_eq(recording->module_count, 2);
    recording_close(recording);
}

Test(tools_read, what_is_no_recording_says_so)
{
    struct problem problem = {""};
    cr_expect_null(recording_open("missing.holdfast", &problem));
    cr_expect(strstr(problem.text, "cannot read missing.holdfast: No such file"));
    cr_expect_null(recording_open("/tmp", &problem));
    cr_expect(strstr(problem.text, "is not a file"));
    cr_expect_null(recording_open("/dev/zero", &problem));
    cr_expect(strstr(problem.text, "is not a file"));
    FILE *file = fopen(FILE_NAME, "w");
    fputs("#!/bin/sh\necho hello, world\n", file);
    fclose(file);
    expect_problem("is not a holdfast recording");
    cr_assert_eq(truncate(FILE_NAME, 0), 0);
    expect_problem("is not a holdfast recording");
}

Test(tools_read, unborn_newer_and_foreign_say_so)
{
    write_sample("clean");
    PATCH(version, RECORDING_VERSION + 1);
    expect_problem("written by a newer holdfast (format 2");
    PATCH(version, 0);
    expect_problem("is damaged");
    PATCH(version, RECORDING_VERSION);
    PATCH(byte_order, 0x04030201u);
    expect_problem("another byte order");
    PATCH(byte_order, RECORDING_BYTE_ORDER);
    PATCH(section_count, RECORDING_SECTIONS_MAX + 1);
    expect_problem("its directory makes no sense");
    patch(0, "\0\0\0\0\0\0\0\0", 8);
    expect_problem("is not complete");
}

Test(tools_read, cut_short_says_so)
{
    write_sample("findings");
    cr_assert_eq(truncate(FILE_NAME, RECORDING_HEADER_SIZE + 100), 0);
    expect_problem("lies beyond its end");
    cr_assert_eq(truncate(FILE_NAME, 100), 0);
    expect_problem("ends within its header");
}

Test(tools_read, sections_that_lie_say_so)
{
    static const struct {
        struct section section;
        const char *says;
    } cases[] = {
        {{SECTION_FINDINGS, 1, 64, 8192, 1ull << 60, 1ull << 59, 0}, "beyond its end"},
        {{SECTION_FINDINGS, 1, 64, UINT64_MAX - 7, 4096, 64, 0}, "beyond its end"},
        {{SECTION_FINDINGS, 1, 8, 8192, 4096, 64, 0}, "makes no sense"},
        {{SECTION_FINDINGS, 1, 64, 8193, 4096, 64, 0}, "makes no sense"},
        {{SECTION_FINDINGS, 1, 64, 0, 4096, 64, 0}, "makes no sense"},
        {{SECTION_FINDINGS, 0, 64, 8192, 4096, 64, 0}, "makes no sense"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_sample("findings");
        patch(offsetof(struct recording_header, sections) +
                  (SECTION_FINDINGS - 1) * sizeof(struct section),
              &cases[i].section, sizeof(struct section));
        expect_problem(cases[i].says);
    }
}

Test(tools_read, unknown_and_newer_sections_are_passed_over)
{
    write_sample("findings");
    struct section unknown = {4000, 9, 3, 7, UINT64_MAX, UINT64_MAX, 0},
                   newer = {SECTION_FINDINGS, 2, 64, 8192, 4096, 64, 0};
    size_t sections = offsetof(struct recording_header, sections);
    patch(sections + (SECTION_EVENTS - 1) * sizeof unknown, &unknown, sizeof unknown);
    patch(sections + (SECTION_FINDINGS - 1) * sizeof newer, &newer, sizeof newer);
    struct recording *recording = open_good();
    cr_expect_eq(recording->newer_sections, 1);
    cr_expect_eq(recording_count(recording, SECTION_FINDINGS), 0);
    cr_expect_eq(recording_count(recording, SECTION_EVENTS), 0);
    recording_close(recording);
}

Test(tools_read, ids_out_of_range_give_nothing)
{
    struct stack stack;
    struct finding_row row;
    write_sample("findings");
    struct recording *recording = open_good();
    cr_expect_str_eq(recording_string(recording, 0), "");
    cr_expect_str_eq(recording_string(recording, UINT64_MAX), "");
    cr_expect_not(recording_stack(recording, 0, &stack));
    cr_expect_not(recording_stack(recording, UINT32_MAX, &stack));
    cr_expect_not(recording_row(recording, SECTION_FINDINGS, 4, &row, sizeof row));
    cr_expect_not(recording_row(recording, SECTION_FINDINGS, UINT64_MAX, &row, sizeof row));
    recording_close(recording);
}

Test(tools_read, strings_without_end_and_stacks_too_long_give_nothing)
{
    struct maker maker;
    struct stack stack;
    cr_assert(maker_sample(&maker, "clean"));
    uint32_t good = maker_stack(&maker, 2, (uint64_t[]){1, 2});
    struct stack_row *row = (void *)(maker.sections[SECTION_STACKS].bytes + good * 8);
    row->frame_count = 3; /* one more than there are bytes */
    uint32_t last = maker_string(&maker, "end");
    maker.sections[SECTION_STRINGS].used--; /* its NUL lies outside */
    cr_assert_eq(maker_write(&maker, FILE_NAME), 0);
    struct recording *recording = open_good();
    cr_expect_str_eq(recording_string(recording, last), "");
    cr_expect_not(recording_stack(recording, good, &stack));
    recording_close(recording);
}

Test(tools_read, control_characters_do_not_reach_the_terminal)
{
    struct maker maker;
    maker_begin(&maker);
    uint32_t string = maker_string(&maker, "a\033[2Jb\nc");
    cr_assert_eq(maker_write(&maker, FILE_NAME), 0);
    struct recording *recording = open_good();
    cr_expect_str_eq(recording_string(recording, string), "a?[2Jb?c");
    recording_close(recording);
}

Test(tools_read, frames_belong_to_the_module_of_their_epoch)
{
    struct maker maker;
    maker_begin(&maker);
    maker_module(&maker, "/lib/old.so", 0x10000, 0x1000);
    maker_module(&maker, "/lib/new.so", 0x10000, 0x1000);
    struct module_row *rows = (void *)maker.sections[SECTION_MODULES].bytes;
    rows[0].unloaded_epoch = 3;
    rows[1].loaded_epoch = 3;
    cr_assert_eq(maker_write(&maker, FILE_NAME), 0);
    struct recording *recording = open_good();
    cr_expect_str_eq(recording_module(recording, 0x10010, 2)->name, "old.so");
    cr_expect_str_eq(recording_module(recording, 0x10010, 3)->name, "new.so");
    cr_expect_null(recording_module(recording, 0x11000, 3));
    recording_close(recording);
}

Test(tools_read, a_later_owner_of_the_pid_is_not_our_process)
{
    write_sample("killed"); /* pid 1, other start time */
    struct recording *recording = open_good();
    cr_expect_not(recording_is_live(recording));
    recording_close(recording);
}

Test(tools_read, a_file_cut_while_it_is_read_ends_with_a_sentence, .exit_code = 3)
{
    struct finding_row row;
    write_sample("findings");
    recording_guard_mappings();
    struct recording *recording = open_good();
    cr_assert_eq(truncate(FILE_NAME, RECORDING_HEADER_SIZE), 0);
    recording_row(recording, SECTION_FINDINGS, 0, &row, sizeof row);
    recording_close(recording);
}
