/* Fingerprints, order, what fails a run, and how processes came to their end. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail_on.h"
#include "maker.h"
#include "model.h"
#include "suppress.h"

TestSuite(tools_model, .init = maker_enter_folder, .fini = maker_leave_folder);

static void load(struct run *run, const char *sample)
{
    struct maker maker;
    struct problem problem = {""};
    cr_assert(maker_sample(&maker, sample));
    cr_assert_eq(maker_write(&maker, "a.holdfast"), 0);
    cr_assert_eq(run_load(run, "a.holdfast", 0, NULL, 1000, &problem), 0, "%s", problem.text);
}

/* A leak of one stack of two frames in a module at base; returns its fingerprint. */
static const char *fingerprint(uint64_t base, uint64_t first, uint64_t second, enum role role)
{
    static char text[17];
    struct maker maker;
    struct run run;
    struct problem problem;
    maker_begin(&maker);
    maker_module(&maker, "/opt/app", base, 0x10000);
    uint32_t stack = maker_stack(&maker, 2, (uint64_t[]){base + first, base + second});
    maker_evidence(&maker, EVIDENCE_STACK, role, 1, stack, NULL, 0, 0, 0);
    maker_finding(&maker, KIND_MEMORY_LEAK, 1, 10, 1);
    cr_assert_eq(maker_write(&maker, "f.holdfast"), 0);
    cr_assert_eq(run_load(&run, "f.holdfast", 0, NULL, 1000, &problem), 0);
    cr_assert_eq(run.processes[0].finding_count, 1);
    strcpy(text, run.processes[0].findings[0]->fingerprint);
    run_finish(&run);
    return text;
}

Test(tools_model, fingerprints_do_not_depend_on_addresses)
{
    char first[17];
    strcpy(first, fingerprint(0x10000, 0x100, 0x200, ROLE_ALLOCATED));
    cr_expect_eq(strspn(first, "0123456789abcdef"), 16);
    cr_expect_str_eq(fingerprint(0x7f0000000000, 0x100, 0x200, ROLE_ALLOCATED), first);
    cr_expect_str_neq(fingerprint(0x10000, 0x101, 0x200, ROLE_ALLOCATED), first);
    cr_expect_str_neq(fingerprint(0x10000, 0x100, 0x201, ROLE_ALLOCATED), first);
    cr_expect_str_neq(fingerprint(0x10000, 0x100, 0x200, ROLE_FREED), first);
}

/* Of a race: both accesses, a lock held at the second. */
static const char *race_fingerprint(uint64_t here, uint64_t earlier, uint64_t taken)
{
    static char text[17];
    struct maker maker;
    struct run run;
    struct problem problem;
    maker_begin(&maker);
    maker_module(&maker, "/opt/app", 0x10000, 0x10000);
    maker_thread(&maker, "app", THREAD_MAIN, THREAD_RUNNING);
    uint32_t stacks[3] = {maker_stack(&maker, 1, (uint64_t[]){here}),
                          maker_stack(&maker, 1, (uint64_t[]){earlier}),
                          maker_stack(&maker, 1, (uint64_t[]){taken})};
    maker_evidence(&maker, EVIDENCE_ACCESS, ROLE_HERE, 1, stacks[0], NULL, 0x5000, 4, ACCESS_WRITE);
    maker_evidence(&maker, EVIDENCE_LOCK, ROLE_HELD, 1, stacks[2], NULL, 0x6000, SYNC_MUTEX, 0);
    maker_evidence(&maker, EVIDENCE_ACCESS, ROLE_EARLIER, 2, stacks[1], NULL, 0x5000, 4, 0);
    maker_finding(&maker, KIND_DATA_RACE, 1, 0, 3);
    cr_assert_eq(maker_write(&maker, "f.holdfast"), 0);
    cr_assert_eq(run_load(&run, "f.holdfast", 0, NULL, 1000, &problem), 0);
    strcpy(text, run.processes[0].findings[0]->fingerprint);
    run_finish(&run);
    return text;
}

/* Which access came first, and which lock was held that time, depend on the schedule. */
Test(tools_model, fingerprints_of_races_do_not_depend_on_the_schedule)
{
    char first[17];
    strcpy(first, race_fingerprint(0x10100, 0x10200, 0x10300));
    cr_expect_str_eq(race_fingerprint(0x10200, 0x10100, 0x10400), first);
    cr_expect_str_neq(race_fingerprint(0x10100, 0x10201, 0x10300), first);
    cr_expect_str_neq(race_fingerprint(0x10100, 0x10100, 0x10300), first);
}

Test(tools_model, the_most_important_comes_first)
{
    struct run run;
    load(&run, "findings");
    static const unsigned kinds[] = {KIND_DOUBLE_FREE, KIND_MEMORY_LEAK, KIND_FD_LEAK,
                                     KIND_THREAD_LEAK};
    cr_assert_eq(run.processes[0].finding_count, 4);
    for (unsigned i = 0; i < 4; i++)
        cr_expect_eq(run.processes[0].findings[i]->kind->number, kinds[i]);
    cr_expect_eq(run.errors, 2);
    cr_expect_eq(run.warnings, 2);
    run_finish(&run);
}

Test(tools_model, fail_on_gives_the_class)
{
    static const struct {
        const char *fail_on;
        int status;
    } cases[] = {{"none", 0},
                 {"error", 66},
                 {"warning", 66},
                 {"fd-leak", 23},
                 {"fd-leak>=1000", 23},
                 {"fd-leak>=1001", 0},
                 {"memory-leak", 23},
                 {"thread-leak>=3,memory-leak>=4", 0},
                 {"thread-leak>=3,double-free", 66},
                 {"fd-leak,double-free", 66},
                 {"bad-close", 0}};
    struct run run;
    load(&run, "findings");
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(fail_on_status(cases[i].fail_on, &run), cases[i].status, "%s",
                     cases[i].fail_on);
    run_finish(&run);
}

Test(tools_model, fail_on_words_are_checked)
{
    struct problem problem;
    cr_expect(fail_on_check("none", &problem));
    cr_expect(fail_on_check("warning,fd-leak>=3", &problem));
    static const char *const bad[] = {"",           "errors",     "fd-leak>3",
                                      "fd-leak>=0", "fd-leak>=x", "error,"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(fail_on_check(bad[i], &problem), "%s", bad[i]);
    fail_on_check("fd-laek", &problem);
    cr_expect(strstr(problem.text, "did you mean fd-leak?"), "%s", problem.text);
}

Test(tools_model, a_killed_process_says_what_it_held)
{
    struct run run;
    load(&run, "killed");
    const struct process *process = &run.processes[0];
    cr_expect_eq(process->fate, FATE_VANISHED);
    cr_expect_eq(process->open_fds, 2, "the inherited one does not count");
    cr_expect_eq(process->waiting_threads, 1);
    cr_expect_eq(process->live_blocks, 9, "the freed one does not count");
    cr_expect_eq(process->live_bytes, 936);
    cr_assert_eq(process->live_memory_count, 2);
    cr_expect_eq(process->live_memory[0].bytes, 627);
    cr_expect_eq(process->finding_count, 2);
    for (size_t i = 0; i < process->finding_count; i++) {
        cr_expect(process->findings[i]->live);
        cr_expect_eq(process->findings[i]->severity, SEVERITY_NOTE);
    }
    cr_expect_eq(fail_on_status("note,fd-leak,blocked-thread", &run), 0,
                 "what was merely held fails nothing");
    run_finish(&run);
}

Test(tools_model, a_live_process_is_told_from_a_dead_one)
{
    struct maker maker;
    struct problem problem;
    struct run run;
    char stat[1024], *field;
    FILE *file = fopen("/proc/self/stat", "r");
    cr_assert(file && fgets(stat, sizeof stat, file));
    fclose(file);
    cr_assert(maker_sample(&maker, "killed"));
    maker.header.pid = getpid();
    field = strrchr(stat, ')');
    for (unsigned i = 2; i < 22; i++)
        field = strchr(field + 1, ' ');
    maker.header.start_ticks = strtoull(field, NULL, 10);
    cr_assert_eq(maker_write(&maker, "a.holdfast"), 0);
    cr_assert_eq(run_load(&run, "a.holdfast", 0, NULL, 1000, &problem), 0);
    cr_expect_eq(run.processes[0].fate, FATE_LIVE);
    cr_expect_eq(run.warnings, 1,
                 "a thread that waits without end is a finding while it can be woken");
    cr_expect_eq(fail_on_status("warning", &run), 66);
    run_finish(&run);
}

Test(tools_model, a_folder_is_one_run_and_unreadable_parts_are_told)
{
    struct maker maker;
    struct problem problem;
    struct run run;
    cr_assert_eq(mkdir("run", 0700), 0);
    cr_expect_eq(run_load(&run, "run", 0, NULL, 1000, &problem), 3);
    cr_expect(strstr(problem.text, "there are no recordings in run"));
    for (unsigned i = 0; i < 3; i++) {
        char path[32];
        cr_assert(maker_sample(&maker, i == 1 ? "findings" : "clean"));
        maker.header.pid = 100 + (int)i;
        maker.header.start_time = 1000 - i; /* the later file started first */
        snprintf(path, sizeof path, "run/app.%u.holdfast", i);
        cr_assert_eq(maker_write(&maker, path), 0);
    }
    FILE *file = fopen("run/broken.1.holdfast", "w");
    fputs("something else", file);
    fclose(file);
    cr_assert_eq(run_load(&run, "run", 0, NULL, 1000, &problem), 0);
    cr_expect_eq(run.process_count, 3);
    cr_expect_eq(run.processes[0].recording->header.pid, 102);
    cr_expect_eq(run.errors, 2);
    cr_expect_eq(run.unreadable_count, 1);
    run_finish(&run);
}

Test(tools_model, what_a_rule_hides_neither_counts_nor_fails)
{
    struct maker maker;
    struct problem problem;
    struct run run;
    FILE *file = fopen("rules", "w");
    fputs("double-free:app!0x3000\nleak:no such function\n", file);
    fclose(file);
    struct rules *rules = rules_load("rules", &problem);
    cr_assert(rules, "%s", problem.text);
    cr_assert(maker_sample(&maker, "findings"));
    cr_assert_eq(maker_write(&maker, "a.holdfast"), 0);
    cr_assert_eq(run_load(&run, "a.holdfast", 0, rules, 1000, &problem), 0);
    cr_expect_eq(run.errors, 1);
    cr_expect_eq(run.suppressed, 1);
    cr_expect_eq(fail_on_status("error", &run), 23, "only the leak is left");
    cr_expect_eq(fail_on_status("double-free", &run), 0);
    cr_expect_eq(rule_view(rules_at(rules, 0)).hits, 1);
    cr_expect_eq(rule_view(rules_at(rules, 1)).hits, 0);
    run_finish(&run);
    rules_destroy(rules);
}
