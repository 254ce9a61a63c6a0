/* Reports of the samples in every format, compared with tests/recordings/golden/SAMPLE.FORMAT. With
   HOLDFAST_REBASE=1 the files are written anew: look at the difference before it is committed. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "maker.h"
#include "report.h"
#include "schema.h"

static const char *const formats[] = {
#define FORMAT(name, help) #name,
#include "formats.def"
#undef FORMAT
};

TestSuite(tools_golden, .init = maker_enter_folder, .fini = maker_leave_folder);

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 20);
    size_t length = file && text ? fread(text, 1, (1 << 20) - 1, file) : 0;
    if (file)
        fclose(file);
    cr_assert(text && length < (1 << 20) - 1);
    return text;
}

/* Releases do not change the golden files. */
static void hide_version(char *text)
{
    static const char version[] = "\"holdfast\": \"" HOLDFAST_VERSION "\"";
    char *at = strstr(text, version);
    if (at)
        memmove(at, at + sizeof version - 1, strlen(at + sizeof version - 1) + 1);
}

/* Writes SAMPLE.holdfast and its report in format to "out". */
static char *report(const char *sample, const char *format)
{
    struct maker maker;
    char path[64];
    snprintf(path, sizeof path, "%s.holdfast", sample);
    cr_assert(maker_sample(&maker, sample));
    cr_assert_eq(maker_write(&maker, path), 0);
    struct report_options options = {.format = format, .output = "out", .color = "never"};
    cr_assert_eq(report_path(path, &options, NULL), 0);
    return read_text("out");
}

Test(tools_golden, reports_are_as_they_were)
{
    for (unsigned i = 0; maker_sample_name(i); i++)
        for (unsigned f = 0; f < sizeof formats / sizeof formats[0]; f++) {
            char path[512];
            const char *sample = maker_sample_name(i);
            char *text = report(sample, formats[f]);
            hide_version(text);
            snprintf(path, sizeof path, "%s/%s.%s", GOLDEN_FOLDER, sample, formats[f]);
            if (getenv("HOLDFAST_REBASE")) {
                FILE *file = fopen(path, "w");
                cr_assert(file && fputs(text, file) >= 0 && !fclose(file));
            }
            char *golden = read_text(path);
            cr_expect_str_eq(text, golden, "%s differs from\n%s", path, text);
            free(golden);
            free(text);
        }
}

static void write_process(const char *sample, int pid)
{
    struct maker maker;
    char path[64];
    snprintf(path, sizeof path, "tree/app.%d.holdfast", pid);
    cr_assert(maker_sample(&maker, sample));
    maker.header.start_time += (uint64_t)pid;
    maker.header.pid = pid;
    cr_assert_eq(maker_write(&maker, path), 0);
}

/* A run of several processes: those with something to say, what repeats them, and who is well. */
Test(tools_golden, a_tree_says_each_thing_once)
{
    cr_assert_eq(mkdir("tree", 0700), 0);
    write_process("clean", 100);
    write_process("findings", 101);
    write_process("findings", 102);
    write_process("crashed", 103);
    struct report_options options = {.output = "out", .color = "never"};
    cr_assert_eq(report_path("tree", &options, NULL), 0);
    char *text = read_text("out");
    cr_expect(strstr(text, "4 errors and 4 warnings in 3 of 4 processes of app"));
    cr_expect(strstr(text, "app, pid 101"));
    cr_expect_null(strstr(text, "app, pid 100"), "all is well there");
    cr_expect(strstr(text, "app, pid 103"));
    /* Incomplete observation is told for each process, so 102 keeps its section. */
    cr_expect(strstr(text, "same stacks as in 1"));
    char *first = strstr(text, "opened in the main thread");
    cr_expect(first && !strstr(first + 1, "opened in the main thread"));
    free(text);
}

static json_t *load_schema(void)
{
    json_error_t error;
    json_t *schema = json_load_file(SCHEMA_FILE, 0, &error);
    cr_assert(schema, "%s:%d: %s", SCHEMA_FILE, error.line, error.text);
    return schema;
}

static void expect_valid(json_t *schema, json_t *rule, json_t *value, const char *what)
{
    char problem[512] = "";
    cr_expect(schema_fits(schema, rule, value, problem, sizeof problem), "%s: %s", what, problem);
}

Test(tools_golden, json_keeps_to_its_schema)
{
    json_t *schema = load_schema();
    json_t *finding = json_object_get(json_object_get(schema, "$defs"), "finding");
    for (unsigned i = 0; maker_sample_name(i); i++) {
        json_error_t error;
        char *text = report(maker_sample_name(i), "json");
        json_t *document = json_loads(text, 0, &error);
        cr_assert(document, "%s: line %d: %s", maker_sample_name(i), error.line, error.text);
        expect_valid(schema, schema, document, maker_sample_name(i));
        size_t count = json_array_size(json_object_get(document, "findings")), lines = 0;
        free(text);
        text = report(maker_sample_name(i), "jsonl");
        for (char *rest = text, *line; (line = strsep(&rest, "\n")) && *line; lines++) {
            json_t *value = json_loads(line, 0, &error);
            cr_assert(value, "line %zu of %s: %s", lines, maker_sample_name(i), error.text);
            expect_valid(schema, finding, value, line);
            json_decref(value);
        }
        cr_expect_eq(lines, count);
        json_decref(document);
        free(text);
    }
    json_decref(schema);
}

/* The check itself must be able to fail. */
Test(tools_golden, the_schema_refuses_what_is_wrong)
{
    static const char *const bad[] = {
        "{}",
        "{\"version\": 2, \"run\": {}, \"findings\": []}",
        "{\"version\": 1, \"run\": {}, \"findings\": {}}",
        "{\"version\": 1, \"run\": {\"id\": \"x\"}, \"findings\": [{\"kind\": 3}]}",
    };
    json_t *schema = load_schema();
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char problem[512];
        json_t *value = json_loads(bad[i], 0, NULL);
        cr_expect_not(schema_fits(schema, schema, value, problem, sizeof problem), "%s", bad[i]);
        json_decref(value);
    }
    json_decref(schema);
}
