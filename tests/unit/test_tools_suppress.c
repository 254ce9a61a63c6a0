/* Rules: what they say and what they hide. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "maker.h"
#include "report.h"
#include "suppress.h"

TestSuite(tools_suppress, .init = maker_enter_folder, .fini = maker_leave_folder);

static struct rules *load(const char *text, struct problem *problem)
{
    FILE *file = fopen("rules", "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
    return rules_load("rules", problem);
}

/* One finding with one stack: make_buffer (src/buffer.c:42) ← load<int>(char) ← main. */
static bool hides(const char *rules_text, unsigned kind, uint64_t count, unsigned leak)
{
    static struct module app = {.path = "/opt/app/bin/app", .name = "app"},
                         plugin = {.path = "/opt/app/lib/libplugin.so.1", .name = "libplugin.so.1"};
    plugin.row.build_id_size = 20;
    memset(plugin.row.build_id, 0xab, 20);
    struct {
        struct trace trace;
        struct frame frames[3];
    } stack = {{.count = 3},
               {{"make_buffer", "/home/me/src/buffer.c", 42, 10, false, &plugin, 0x1234},
                {"int load<int>(char)", "/home/me/src/load.c", 10, 0, true, &app, 0x2000},
                {"main", "/home/me/src/main.c", 77, 0, false, &app, 0x2000}}};
    struct piece pieces[2] = {
        {.type = EVIDENCE_LEAK, .string = "", .a = count, .c = leak},
        {.type = EVIDENCE_STACK, .role = ROLE_ALLOCATED, .trace = &stack.trace, .string = ""}};
    struct finding finding = {
        .kind = kind_info(kind), .count = count, .pieces = pieces, .piece_count = 2};
    struct problem problem = {""};
    struct rules *rules = load(rules_text, &problem);
    cr_assert(rules, "%s: %s", rules_text, problem.text);
    bool hidden = rules_match(rules, &finding);
    cr_assert_eq(rules_at(rules, 0) && rule_view(rules_at(rules, 0)).hits, hidden);
    rules_destroy(rules);
    return hidden;
}
#define LEAK(rule)  hides(rule, KIND_MEMORY_LEAK, 5, SCAN_DIRECT)
#define CLOSE(rule) hides(rule, KIND_DOUBLE_CLOSE, 1, 0)

Test(tools_suppress, patterns_match_function_file_or_module_of_any_frame)
{
    cr_expect(LEAK("memory-leak:make_buffer"));
    cr_expect(LEAK("memory-leak:buffer.c"));
    cr_expect(LEAK("memory-leak:libplugin"));
    cr_expect(LEAK("memory-leak:main"));
    cr_expect(LEAK("memory-leak:m?ke*fer"));
    cr_expect(LEAK("  # a comment\n\n   leak:load<int>  \n"));
    cr_expect_not(LEAK("memory-leak:absent"));
}

Test(tools_suppress, anchors_bind_both_ends)
{
    cr_expect(LEAK("memory-leak:^make"));
    cr_expect(LEAK("memory-leak:^main$"));
    cr_expect(LEAK("memory-leak:buffer.c$"));
    cr_expect_not(LEAK("memory-leak:^buffer"));
    cr_expect_not(LEAK("memory-leak:make$"));
}

Test(tools_suppress, kinds_and_groups)
{
    cr_expect(LEAK("leak:main"));
    cr_expect(LEAK("*:main"));
    cr_expect_not(CLOSE("leak:main"));
    cr_expect(CLOSE("fd:main"));
    cr_expect(CLOSE("double-close:main"));
    cr_expect_not(LEAK("fd:main"));
    cr_expect_not(LEAK("race:main"));
    cr_expect_not(LEAK("mutex:main"));
}

Test(tools_suppress, top_and_caller)
{
    cr_expect(LEAK("memory-leak_top:make_buffer"));
    cr_expect_not(LEAK("memory-leak_top:main"));
    cr_expect(LEAK("called_from_lib:libplugin.so"));
    cr_expect_not(LEAK("called_from_lib:bin/app"));
}

Test(tools_suppress, offsets_work_without_symbols)
{
    cr_expect(LEAK("memory-leak:libplugin.so.1!0x1234"));
    cr_expect(LEAK("memory-leak:libplugin*!4660"));
    cr_expect_not(LEAK("memory-leak:libplugin.so.1!0x1235"));
    cr_expect_not(LEAK("memory-leak:app!0x1234"));
    cr_expect(LEAK("memory-leak:abababababababababababababababababababab+0x1234"));
    cr_expect(LEAK("memory-leak:abababab+1234"));
    cr_expect_not(LEAK("memory-leak:abababac+0x1234"));
}

Test(tools_suppress, count_bounds_what_is_hidden)
{
    cr_expect(LEAK("memory-leak:main [count<=5]"));
    cr_expect_not(LEAK("memory-leak:main [count<=4]"));
    cr_expect(LEAK("memory-leak:main count<=5"));
    cr_expect_not(LEAK("memory-leak:main count<=4"));
}

Test(tools_suppress, valgrind_blocks)
{
    cr_expect(LEAK("{\n  name\n  Memcheck:Leak\n  fun:malloc\n  fun:make_buffer\n  ...\n}\n"));
    cr_expect(LEAK("{\nname\nMemcheck:Leak\nmatch-leak-kinds: definite\n...\nfun:main\n}"));
    cr_expect_not(LEAK("{\nname\nMemcheck:Leak\nmatch-leak-kinds: reachable\n...\nfun:main\n}"));
    cr_expect_not(LEAK("{\nname\nMemcheck:Leak\nfun:malloc\nfun:main\n}"));
    cr_expect(LEAK("{\nname\nMemcheck:Leak\nfun:*alloc\nobj:*/libplugin.so*\nsrc:load.c:10\n}"));
    cr_expect_not(LEAK("{\nname\nMemcheck:Leak\nsrc:buffer.c:41\n}"));
    cr_expect_not(LEAK("{\nname\nMemcheck:Param\nwrite(buf)\nfun:make_buffer\n}"));
    cr_expect_not(CLOSE("{\nname\nMemcheck:Leak\nfun:make_buffer\n}"));
}

/* A race of a variable and a lock, both accesses in store ← main of app. */
static bool hides_race(const char *rules_text)
{
    static struct module app = {.path = "/opt/app/bin/app", .name = "app"};
    struct {
        struct trace trace;
        struct frame frames[2];
    } stack = {{.count = 2},
               {{"store", "/home/me/src/store.c", 4, 0, false, &app, 0x1234},
                {"main", "/home/me/src/main.c", 77, 0, false, &app, 0x2000}}};
    struct piece pieces[] = {
        {.type = EVIDENCE_ACCESS,
         .role = ROLE_HERE,
         .trace = &stack.trace,
         .string = "",
         .spot = {.where = SPOT_GLOBAL, .name = "table.rows[2]", .file = "/home/me/src/table.c"}},
        {.type = EVIDENCE_LOCK, .role = ROLE_HELD, .string = "table.lock"}};
    struct finding finding = {
        .kind = kind_info(KIND_DATA_RACE), .count = 1, .pieces = pieces, .piece_count = 2};
    struct problem problem = {""};
    struct rules *rules = load(rules_text, &problem);
    cr_assert(rules, "%s: %s", rules_text, problem.text);
    bool hidden = rules_match(rules, &finding);
    rules_destroy(rules);
    return hidden;
}

Test(tools_suppress, races_by_place_variable_and_lock)
{
    cr_expect(hides_race("race:store\n"));
    cr_expect(hides_race("race_top:store\n"));
    cr_expect_not(hides_race("race_top:main\n"));
    cr_expect(hides_race("race:^table.rows\n"));
    cr_expect(hides_race("race:src/table.c\n"));
    cr_expect(hides_race("race:table.lock\n"));
    cr_expect(hides_race("called_from_lib:bin/app\n"));
    cr_expect_not(hides_race("race:table.column\n"));
    cr_expect_not(
        hides_race("thread:store\nmutex:store\nsignal:store\ndeadlock:store\nlock:store\n"));
    cr_expect(hides_race("{\nname\nHelgrind:Race\nfun:store\n}"));
    cr_expect(hides_race("{\nname\nHelgrind:Race\nfun:memcpy\nfun:store\n...\n}"));
    cr_expect(hides_race("{\nname\ndrd:ConflictingAccess\nfun:store\n}"));
    cr_expect_not(hides_race("{\nname\ndrd:MutexErr\nfun:store\n}"));
    cr_expect_not(hides_race("{\nname\nHelgrind:LockOrder\nfun:store\n}"));
}

/* A thread that a library made and keeps. */
Test(tools_suppress, what_a_library_does_by_design_is_hidden_unasked)
{
    static struct module gomp = {.path = "/usr/lib/libgomp.so.1", .name = "libgomp.so.1"},
                         app = {.path = "/opt/app", .name = "app"};
    struct {
        struct trace trace;
        struct frame frames[2];
    } stack = {{.count = 2},
               {{NULL, NULL, 0, 0, false, &gomp, 0x10}, {"main", NULL, 0, 0, false, &app, 0x20}}};
    struct piece piece = {
        .type = EVIDENCE_STACK, .role = ROLE_CREATED, .trace = &stack.trace, .string = ""};
    struct finding finding = {
        .kind = kind_info(KIND_THREAD_LEAK), .count = 1, .pieces = &piece, .piece_count = 1};
    struct problem problem = {""};
    struct rules *rules = load("", &problem);
    cr_expect(rules_match(rules, &finding));
    cr_expect_null(rules_at(rules, 0), "not one of the user's");
    stack.frames[0].module = &app;
    cr_expect_null(rules_match(rules, &finding));
    rules_destroy(rules);
}

/* Whatever a report holds, the rules that the command writes for it hide it. */
Test(tools_suppress, written_rules_hide_what_they_were_written_for)
{
    for (unsigned i = 0; maker_sample_name(i); i++) {
        struct maker maker;
        cr_assert(maker_sample(&maker, maker_sample_name(i)));
        cr_assert_eq(maker_write(&maker, "a.holdfast"), 0);
        struct report_options options = {.format = "suppressions", .output = "rules"};
        cr_assert_eq(report_path("a.holdfast", &options, NULL), 0);
        struct report_result result;
        options = (struct report_options){.suppressions = "rules", .output = "out"};
        cr_assert_eq(report_path("a.holdfast", &options, &result), 0);
        cr_expect_eq(result.errors + result.warnings, 0, "%s", maker_sample_name(i));
    }
}

Test(tools_suppress, several_files_and_unused_rules)
{
    struct problem problem = {""};
    rules_destroy(load("leak:a\n", &problem));
    cr_assert_eq(rename("rules", "first"), 0);
    rules_destroy(load("# two\nfd:b\nthread:c\n", &problem));
    struct rules *rules = rules_load("first,rules", &problem);
    cr_assert(rules, "%s", problem.text);
    struct rule_view view = rule_view(rules_at(rules, 2));
    cr_expect_str_eq(view.file, "rules");
    cr_expect_str_eq(view.text, "thread:c");
    cr_expect_eq(view.line, 3);
    cr_expect_eq(view.hits, 0);
    cr_expect_null(rules_at(rules, 3));
    rules_destroy(rules);
}

Test(tools_suppress, bad_rules_are_told_with_their_line)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"leak:x\n\nnonsense\n", "rules:3: a rule is written KIND:PATTERN, not: \"nonsense\""},
        {"memory-laek:x\n", "rules:1: there is no kind \"memory-laek\"; did you mean memory-leak?"},
        {"leak:\n", "rules:1: the rule has no pattern"},
        {"leak:x [count<5]\n", "rules:1: a condition is written [count<=N]"},
        {"leak:x [count<=0]\n", "rules:1: a condition is written [count<=N] with N above 0"},
        {"{\nname\nMemcheck:Leak\nfun:x\n", "the { … } rule has no end"},
        {"{\nname\nMemcheck:Leak\nfoo:x\n}\n", "rules:4: frames of a { … } rule"},
        {"{\n}\n", "a { … } rule needs a name and a kind"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct problem problem = {""};
        cr_expect_null(load(cases[i].text, &problem));
        cr_expect(strstr(problem.text, cases[i].says), "\"%s\" does not say \"%s\"", problem.text,
                  cases[i].says);
    }
    struct problem problem = {""};
    cr_expect_null(rules_load("missing", &problem));
    cr_expect(strstr(problem.text, "cannot read the suppressions missing"));
}
