/* The first and the last lines of the text report. */
#include "text_report.h"
#include "watched.h"
#include "words.h"
#include <string.h>

/* "2 errors, 1 warning and 3 notes", "" for none */
static const char *count_words(struct arena *arena, const struct output *output)
{
    const struct run *run = output->run;
    const char *parts[4], *words = "";
    unsigned count = 0;
    if (run->errors)
        parts[count++] = words_count(arena, run->errors, "error");
    if (run->warnings)
        parts[count++] = words_count(arena, run->warnings, "warning");
    if (run->notes)
        parts[count++] = words_count(arena, run->notes, "note");
    if (run->possible && output->all)
        parts[count++] = words_count(arena, run->possible, "possible fault");
    for (unsigned i = 0; i < count; i++)
        words = !i ? parts[i]
                   : arena_print(arena, "%s%s%s", words, i + 1 < count ? ", " : " and ", parts[i]);
    return words;
}

static const char *reachable_words(struct arena *arena, uint64_t blocks, uint64_t bytes)
{
    return arena_print(arena, "%s in %s still reachable at exit", words_bytes(arena, bytes),
                       words_count(arena, blocks, "block"));
}

/* A process that replaced its program has several recordings. Counts pids, of all processes or of
   those with a section. */
static size_t count_processes(const struct output *output, bool with_section)
{
    const struct run *run = output->run;
    struct map seen = {0};
    for (size_t i = 0; i < run->process_count; i++)
        if (!with_section || process_has_section(output, &run->processes[i]))
            map_put(&seen, (uint32_t)header_of(&run->processes[i])->pid, (void *)run);
    size_t count = seen.count;
    map_finish(&seen);
    return count;
}

static const char *who(struct output *output)
{
    const struct run *run = output->run;
    const struct process *first = &run->processes[0];
    if (run->process_count == 1)
        return arena_print(&output->arena, "%s (pid %d, %s%s)", first->program,
                           header_of(first)->pid, first->ending,
                           process_ran(&output->arena, first));
    size_t with = count_processes(output, true), all = count_processes(output, false);
    return arena_print(&output->arena, "%zu of %zu process%s of %s", with, all,
                       all == 1 ? "" : "es", first->program);
}

static const char *process_count_words(struct arena *arena, size_t count)
{
    return count == 1 ? "1 process"
                      : arena_print(arena, "%s processes", words_number(arena, count));
}

/* Nothing to say but that all is well: the one line. */
bool summary_all_well(struct output *output)
{
    const struct run *run = output->run;
    bool unscanned = false;
    for (size_t i = 0; i < run->process_count; i++) {
        if (process_has_section(output, &run->processes[i]))
            return false;
        unscanned |= process_unobserved(&run->processes[i]) & UNOBSERVED_SCAN_SKIPPED;
    }
    if (run->unreadable_count)
        return false;
    const char *rest = process_count_words(&output->arena, count_processes(output, false));
    if (run->reachable_blocks)
        rest = arena_print(
            &output->arena, "%s; %s", rest,
            reachable_words(&output->arena, run->reachable_blocks, run->reachable_bytes));
    if (run->suppressed)
        rest = arena_print(&output->arena, "%s; %s suppressed", rest,
                           words_count(&output->arena, run->suppressed, "finding"));
    if (run->possible)
        rest = arena_print(&output->arena, "%s; %s not shown (--all)", rest,
                           words_count(&output->arena, run->possible, "possible fault"));
    if (unscanned)
        rest = arena_print(&output->arena, "%s; leaks of memory were not looked for", rest);
    const char *watched = watched_words(output);
    if (*watched)
        rest = arena_print(&output->arena, "%s; %s", rest, watched);
    const struct process *first = &run->processes[0];
    const char *name = first->program;
    if (run->process_count == 1 && strcmp(first->ending, "exit status 0"))
        name = arena_print(&output->arena, "%s (%s)", name, first->ending);
    fprintf(output->out,
            "%sholdfast:%s %sall is well%s in %s: nothing left behind, nothing used "
            "wrongly (%s).\n",
            style(output, STYLE_BOLD), style(output, STYLE_PLAIN), style(output, STYLE_GOOD),
            style(output, STYLE_PLAIN), name, rest);
    if (output->watched)
        watched_list(output);
    return true;
}

void summary_head(struct output *output)
{
    const struct run *run = output->run;
    const char *counts = count_words(&output->arena, output);
    enum style tone = run->errors ? STYLE_ERROR : run->warnings ? STYLE_WARNING : STYLE_BOLD;
    fprintf(output->out, "%sholdfast:%s %s%s%s in %s\n", style(output, STYLE_BOLD),
            style(output, STYLE_PLAIN), style(output, tone), *counts ? counts : "no findings",
            style(output, STYLE_PLAIN), who(output));
    for (size_t i = 0; i < run->unreadable_count; i++)
        fprintf(output->out, "%s  ! %s%s\n", style(output, STYLE_WARNING),
                run->unreadable[i].problem.text, style(output, STYLE_PLAIN));
}

void summary_tail(struct output *output)
{
    struct text *text = output->state;
    const struct run *run = output->run;
    bool said = run->unreadable_count;
    for (size_t i = 0; i < run->process_count && !said; i++)
        said = process_has_section(output, &run->processes[i]);
    if (!said) /* the one line was all */
        return;
    fputc('\n', output->out);
    fputs(style(output, STYLE_DIM), output->out);
    if (text->repetitions)
        fprintf(output->out, "%s only findings like those above (--all shows them).\n",
                text->repetitions == 1
                    ? "1 more process has"
                    : arena_print(&output->arena, "%u more processes have", text->repetitions));
    if (run->reachable_blocks)
        fprintf(output->out, "%s: not a leak.\n",
                reachable_words(&output->arena, run->reachable_blocks, run->reachable_bytes));
    if (run->suppressed)
        fprintf(output->out, "%s suppressed.\n",
                words_count(&output->arena, run->suppressed, "finding"));
    if (run->possible && !output->all)
        fprintf(output->out, "%s not shown (--all shows them, and why they are not sure).\n",
                words_count(&output->arena, run->possible, "possible fault"));
    const char *watched = watched_words(output);
    if (*watched)
        fprintf(output->out, "%s%s.\n", watched, output->watched ? "" : " (--watched shows which)");
    fprintf(output->out, "recording: %s%s\n", run->path, style(output, STYLE_PLAIN));
    if (output->watched)
        watched_list(output);
}
