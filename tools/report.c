#include "report.h"
#include "fail_on.h"
#include "flags.h"
#include "render.h"
#include "suppress.h"
#include "terminal.h"
#include <errno.h>
#include <string.h>

static const struct {
    const char *name;
    const struct renderer *renderer;
} formats[] = {
#define FORMAT(name, help) {#name, &render_##name},
#include "formats.def"
#undef FORMAT
};
#define FORMAT_COUNT (sizeof formats / sizeof formats[0])

static const char *format_name(unsigned i)
{
    return i < FORMAT_COUNT ? formats[i].name : NULL;
}

const struct renderer *renderer_by_name(const char *name)
{
    for (unsigned i = 0; i < FORMAT_COUNT; i++)
        if (!strcmp(formats[i].name, name))
            return formats[i].renderer;
    return NULL;
}

static bool check_format(const char *format)
{
    if (!format || renderer_by_name(format))
        return true;
    const char *near = nearest_word(format, format_name);
    if (near)
        say_error("there is no format \"%s\"; did you mean %s?", format, near);
    else
        say_error("there is no format \"%s\" (text, json, jsonl, suppressions).", format);
    return false;
}

/* All options that can be wrong; the rules, too, when ret_rules is given. */
static int check(const struct report_options *options, struct rules **ret_rules)
{
    struct problem problem;
    bool color;
    if (!check_format(options->format))
        return STATUS_USAGE;
    if (!terminal_color(options->color, stdout, &color)) {
        say_error("--color is auto, always or never, not \"%s\".", options->color);
        return STATUS_USAGE;
    }
    if (options->fail_on && !fail_on_check(options->fail_on, &problem)) {
        say_error("%s", problem.text);
        return STATUS_USAGE;
    }
    struct rules *rules = rules_load(options->suppressions ? options->suppressions : "", &problem);
    if (!rules) {
        say_error("%s", problem.text);
        return STATUS_USAGE;
    }
    if (ret_rules)
        *ret_rules = rules;
    else
        rules_destroy(rules);
    return 0;
}

int report_check_options(const struct report_options *options)
{
    return check(options, NULL);
}

static void render(const struct renderer *renderer, struct output *output)
{
    renderer->begin(output);
    for (size_t p = 0; p < output->run->process_count; p++) {
        const struct process *process = &output->run->processes[p];
        if (renderer->process)
            renderer->process(output, process);
        for (size_t i = 0; i < process->finding_count; i++)
            if (!process->findings[i]->hidden_by)
                renderer->finding(output, process->findings[i]);
    }
    renderer->end(output);
}

static void list_unused_rules(FILE *out, const struct rules *rules)
{
    unsigned unused = 0;
    const struct rule *rule;
    for (size_t i = 0; (rule = rules_at(rules, i)); i++) {
        struct rule_view view = rule_view(rule);
        if (view.hits)
            continue;
        if (!unused++)
            fputs("Rules that matched nothing:\n", out);
        fprintf(out, "  %s:%u: %s\n", view.file, view.line, view.text);
    }
    if (!unused)
        fputs("Every rule matched something.\n", out);
}

static int print(const struct run *run, const struct rules *rules,
                 const struct report_options *options)
{
    FILE *out = options->to_stderr ? stderr : stdout;
    if (options->output && !(out = fopen(options->output, "we"))) {
        say_error("cannot write %s: %s.", options->output, strerror(errno));
        return STATUS_USAGE;
    }
    const struct renderer *renderer = renderer_by_name(options->format ? options->format : "text");
    struct output output = {
        .out = out, .run = run, .all = options->all, .watched = options->watched};
    output.width = terminal_width(out);
    output.threshold_ms = options->blocked_threshold;
    terminal_color(options->color, out, &output.color);
    render(renderer, &output);
    arena_finish(&output.arena);
    if (options->show_unused_rules)
        list_unused_rules(renderer->for_people ? out : stderr, rules);
    bool failed = fflush(out) || ferror(out);
    if (options->output)
        failed = fclose(out) || failed;
    if (!failed)
        return 0;
    say_error("cannot write the report: %s.", strerror(errno));
    return STATUS_UNREADABLE;
}

int report_path(const char *path, const struct report_options *options,
                struct report_result *ret_result)
{
    struct rules *rules;
    int status = check(options, &rules);
    if (status)
        return status;
    recording_guard_mappings();
    struct run run;
    struct problem problem;
    uint64_t threshold = options->blocked_threshold ? options->blocked_threshold : 1000;
    status = run_load(&run, path, options->run_id, rules, threshold, &problem);
    if (status) {
        say_error("%s", problem.text);
        rules_destroy(rules);
        return status;
    }
    if (!options->quiet ||
        !renderer_by_name(options->format ? options->format : "text")->for_people)
        status = print(&run, rules, options);
    if (ret_result)
        *ret_result = (struct report_result){
            .fail_status = options->fail_on ? fail_on_status(options->fail_on, &run) : 0,
            .processes = (unsigned)run.process_count,
            .errors = run.errors,
            .warnings = run.warnings,
            .notes = run.notes,
            .suppressed = run.suppressed,
        };
    run_finish(&run);
    rules_destroy(rules);
    return status;
}
