/* --format text: what a person reads first. Findings by process and kind, most important first; one
   line when all is well. */
#include "render.h"
#include "text_stack.h"
#include "words.h"
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* Without --all. */
#define GROUP_SHOWN  6  /* findings of one kind with their stacks */
#define REPORT_SHOWN 40 /* findings with stacks in all */
#define NOTES_SHOWN  5
#define LIVE_SHOWN   8
#define PLACE_FRAMES 4

struct text {
    struct sources sources;
    const struct process *process;
    const struct finding *group; /* the first of the kind and severity that is being shown */
    unsigned in_group, shown_in_group, shown, number;
    bool live_headed;
    bool skipped; /* the process repeats others */
    unsigned repetitions;
    struct map advised;  /* kinds whose advice was printed */
    struct map shown_as; /* key of its stacks → its number, once shown in full */
};

static const struct recording_header *header_of(const struct process *process)
{
    return &process->recording->header;
}

/* ---- sentences ---- */

static const char *capital(struct arena *arena, const char *text)
{
    char *copy = arena_text(arena, text, strlen(text));
    *copy = (char)toupper((unsigned char)*copy);
    return copy;
}

/* "2 errors, 1 warning and 3 notes", "" for none */
static const char *count_words(struct arena *arena, uint64_t errors, uint64_t warnings,
                               uint64_t notes)
{
    const char *parts[3];
    unsigned count = 0;
    if (errors)
        parts[count++] = words_count(arena, errors, "error");
    if (warnings)
        parts[count++] = words_count(arena, warnings, "warning");
    if (notes)
        parts[count++] = words_count(arena, notes, "note");
    if (count == 3)
        return arena_print(arena, "%s, %s and %s", parts[0], parts[1], parts[2]);
    if (count == 2)
        return arena_print(arena, "%s and %s", parts[0], parts[1]);
    return count ? parts[0] : "";
}

static const char *reachable_words(struct arena *arena, uint64_t blocks, uint64_t bytes)
{
    return arena_print(arena, "%s in %s still reachable at exit", words_bytes(arena, bytes),
                       words_count(arena, blocks, "block"));
}

static bool in_order(const struct process *process)
{
    return process->fate == FATE_ENDED || process->fate == FATE_EXECED;
}

/* What is to be said of what was not watched. That there was no scan is clear from other endings.
 */
static unsigned unobserved_bits(const struct process *process)
{
    const struct recording_header *header = header_of(process);
    unsigned bits = header->unobserved & ~UNOBSERVED_SCAN_SKIPPED;
    bool memory = !(bits & UNOBSERVED_MEMORY_OWN_ALLOCATOR);
    return process->fate == FATE_ENDED && !header->scanned && memory
               ? bits | UNOBSERVED_SCAN_SKIPPED
               : bits;
}

/* Does the process get a section of its own? */
static bool is_worth_a_section(const struct process *process)
{
    if (!in_order(process) || header_of(process)->unobserved & ~UNOBSERVED_SCAN_SKIPPED)
        return true;
    for (size_t i = 0; i < process->finding_count; i++)
        if (!process->findings[i]->hidden_by)
            return true;
    return false;
}

static const char *ran(struct arena *arena, const struct process *process)
{
    const struct recording_header *header = header_of(process);
    if (header->end_time <= header->start_time)
        return "";
    return arena_print(arena, ", ran %s",
                       words_duration(arena, header->end_time - header->start_time));
}

/* A process that replaced its program has several recordings. Counts pids, of all processes or of
   those with a section. */
static size_t count_processes(const struct run *run, bool with_section)
{
    struct map seen = {0};
    for (size_t i = 0; i < run->process_count; i++)
        if (!with_section || is_worth_a_section(&run->processes[i]))
            map_put(&seen, (uint32_t)header_of(&run->processes[i])->pid, (void *)run);
    size_t count = seen.count;
    map_finish(&seen);
    return count;
}

/* ---- head ---- */

static const char *who(struct output *output)
{
    const struct run *run = output->run;
    const struct process *first = &run->processes[0];
    if (run->process_count == 1)
        return arena_print(&output->arena, "%s (pid %d, %s%s)", first->program,
                           header_of(first)->pid, first->ending, ran(&output->arena, first));
    size_t with = count_processes(run, true), all = count_processes(run, false);
    return arena_print(&output->arena, "%zu of %zu process%s of %s", with, all,
                       all == 1 ? "" : "es", first->program);
}

static const char *process_count_words(struct arena *arena, size_t count)
{
    return count == 1 ? "1 process"
                      : arena_print(arena, "%s processes", words_number(arena, count));
}

/* Nothing to say but that all is well: the one line. */
static bool print_all_well(struct output *output)
{
    const struct run *run = output->run;
    bool unscanned = false;
    for (size_t i = 0; i < run->process_count; i++) {
        if (is_worth_a_section(&run->processes[i]))
            return false;
        unscanned |= unobserved_bits(&run->processes[i]) & UNOBSERVED_SCAN_SKIPPED;
    }
    if (run->unreadable_count)
        return false;
    const char *rest = process_count_words(&output->arena, count_processes(run, false));
    if (run->reachable_blocks)
        rest = arena_print(
            &output->arena, "%s; %s", rest,
            reachable_words(&output->arena, run->reachable_blocks, run->reachable_bytes));
    if (run->suppressed)
        rest = arena_print(&output->arena, "%s; %s suppressed", rest,
                           words_count(&output->arena, run->suppressed, "finding"));
    if (unscanned)
        rest = arena_print(&output->arena, "%s; leaks of memory were not looked for", rest);
    const struct process *first = &run->processes[0];
    const char *name = first->program;
    if (run->process_count == 1 && strcmp(first->ending, "exit status 0"))
        name = arena_print(&output->arena, "%s (%s)", name, first->ending);
    fprintf(output->out,
            "%sholdfast:%s %sall is well%s in %s: nothing left behind, nothing used "
            "wrongly (%s).\n",
            style(output, STYLE_BOLD), style(output, STYLE_PLAIN), style(output, STYLE_GOOD),
            style(output, STYLE_PLAIN), name, rest);
    return true;
}

static void print_headline(struct output *output)
{
    const struct run *run = output->run;
    const char *counts = count_words(&output->arena, run->errors, run->warnings, run->notes);
    enum style tone = run->errors ? STYLE_ERROR : run->warnings ? STYLE_WARNING : STYLE_BOLD;
    fprintf(output->out, "%sholdfast:%s %s%s%s in %s\n", style(output, STYLE_BOLD),
            style(output, STYLE_PLAIN), style(output, tone), *counts ? counts : "no findings",
            style(output, STYLE_PLAIN), who(output));
    for (size_t i = 0; i < run->unreadable_count; i++)
        fprintf(output->out, "%s  ! %s%s\n", style(output, STYLE_WARNING),
                run->unreadable[i].problem.text, style(output, STYLE_PLAIN));
}

static void text_begin(struct output *output)
{
    struct text *text = arena_take(&output->arena, sizeof *text);
    output->state = text;
    if (print_all_well(output))
        return;
    print_headline(output);
}

/* ---- process ---- */

static void print_more(struct output *output)
{
    struct text *text = output->state;
    unsigned hidden = text->in_group - text->shown_in_group;
    if (text->group && hidden)
        fprintf(output->out, "  %s… and %u more of this kind (--all shows them)%s\n",
                style(output, STYLE_DIM), hidden, style(output, STYLE_PLAIN));
    if (text->group && !text->group->live && text->group->severity > SEVERITY_NOTE &&
        !map_get(&text->advised, text->group->kind->number)) {
        map_put(&text->advised, text->group->kind->number, text);
        fprintf(output->out, "  %s→ %s%s\n", style(output, STYLE_DIM), text->group->kind->advice,
                style(output, STYLE_PLAIN));
    }
    text->group = NULL;
    text->in_group = text->shown_in_group = 0;
}

static void print_unobserved(struct output *output, const struct process *process)
{
    unsigned bits = unobserved_bits(process);
    for (unsigned bit = 0; bit < 32; bit++)
        if (bits >> bit & 1 && words_unobserved(bit))
            fprintf(output->out, "%s  ! %s%s\n", style(output, STYLE_WARNING),
                    words_unobserved(bit), style(output, STYLE_PLAIN));
    if (process->recording->newer_sections)
        fprintf(output->out,
                "%s  ! Parts of the recording need a newer holdfast and are not shown.%s\n",
                style(output, STYLE_WARNING), style(output, STYLE_PLAIN));
}

static void print_crash(struct output *output, const struct process *process)
{
    struct text *text = output->state;
    const struct recording_header *header = header_of(process);
    if (process->fate != FATE_CRASHED)
        return;
    const char *thread = words_thread(&output->arena, process, header->crash_thread);
    fprintf(output->out, "\n%s%s%s", style(output, STYLE_ERROR),
            capital(&output->arena, process->ending), style(output, STYLE_PLAIN));
    if (header->crash_address)
        fprintf(output->out, " at address 0x%" PRIx64, header->crash_address);
    fprintf(output->out, "%s%s\n", *thread ? " in " : "", thread);
    if (process->crash_trace)
        text_stack(output, &text->sources, process->crash_trace, process->directory, 4);
}

static void print_live_head(struct output *output, const struct process *process)
{
    struct arena *arena = &output->arena;
    fprintf(output->out, "\n%sHeld when it %s%s\n", style(output, STYLE_BOLD),
            process->fate == FATE_LIVE      ? "was read"
            : process->fate == FATE_CRASHED ? "crashed"
                                            : "was killed",
            style(output, STYLE_PLAIN));
    fprintf(output->out, "  %s (%u waiting), %s, %s, %s of memory in %s\n",
            words_count(arena, process->live_threads, "thread"), process->waiting_threads,
            words_count(arena, process->open_fds, "descriptor"),
            words_count(arena, process->open_streams, "stream"),
            words_bytes(arena, process->live_bytes),
            words_count(arena, process->live_blocks, "block"));
    for (size_t i = 0; i < process->live_memory_count && (output->all || i < LIVE_SHOWN); i++) {
        const struct live_memory *row = &process->live_memory[i];
        fprintf(output->out, "  • %s in %s\n", words_bytes(arena, row->bytes),
                words_count(arena, row->blocks, "block"));
        if (row->trace)
            fprintf(output->out, "      %sallocated in%s %s\n", style(output, STYLE_DIM),
                    style(output, STYLE_PLAIN),
                    text_place(output, row->trace, process->directory, PLACE_FRAMES));
    }
}

/* The head of what the process held, after its findings, even when there are none. */
static void print_live_part(struct output *output)
{
    struct text *text = output->state;
    if (!text->process || in_order(text->process) || text->live_headed)
        return;
    text->live_headed = true;
    print_live_head(output, text->process);
}

/* Equal for stacks that read the same; fingerprints do not know lines. */
static uint64_t stacks_key(const struct finding *finding)
{
    uint64_t key = hash_text(HASH_START, finding->fingerprint);
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct trace *trace = finding->pieces[i].trace;
        for (unsigned f = 0; trace && f < trace->count; f++) {
            key = hash_text(key, frame_module(&trace->frames[f]));
            key = hash_bytes(key, &trace->frames[f].offset, sizeof trace->frames[f].offset);
        }
    }
    return key;
}

/* Was all that the process has to say said of an earlier one? */
static bool is_repetition(const struct text *text, const struct process *process)
{
    if (!in_order(process) || header_of(process)->unobserved & ~UNOBSERVED_SCAN_SKIPPED)
        return false;
    for (size_t i = 0; i < process->finding_count; i++)
        if (!process->findings[i]->hidden_by &&
            !map_get(&text->shown_as, stacks_key(process->findings[i])))
            return false;
    return true;
}

static void text_process(struct output *output, const struct process *process)
{
    struct text *text = output->state;
    print_more(output);
    print_live_part(output);
    text->process = process;
    text->live_headed = false;
    text->skipped = false;
    if (!is_worth_a_section(process))
        return;
    text->skipped = !output->all && is_repetition(text, process);
    if (text->skipped) {
        text->repetitions++;
        return;
    }
    if (output->run->process_count > 1) {
        const struct recording_header *header = header_of(process);
        fprintf(output->out, "\n%s━━ %s, pid %d%s ━━ %s%s%s\n", style(output, STYLE_BOLD),
                process->program, header->pid, style(output, STYLE_PLAIN), process->ending,
                ran(&output->arena, process),
                header->forked ? arena_print(&output->arena, ", forked by %d", header->parent_pid)
                               : "");
        if (*process->command_line)
            fprintf(output->out, "   %s%.*s%s%s\n", style(output, STYLE_DIM), 200,
                    process->command_line, strlen(process->command_line) > 200 ? "…" : "",
                    style(output, STYLE_PLAIN));
    }
    print_unobserved(output, process);
    print_crash(output, process);
}

/* ---- findings ---- */

static enum style tone_of(unsigned severity)
{
    return severity == SEVERITY_ERROR     ? STYLE_ERROR
           : severity == SEVERITY_WARNING ? STYLE_WARNING
                                          : STYLE_NOTE;
}

static void print_group_head(struct output *output, const struct finding *finding)
{
    char severity[16];
    snprintf(severity, sizeof severity, "%s", severity_words[finding->severity]);
    for (char *c = severity; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    fprintf(output->out, "\n%s%s%s %s%s%s  %s%s%s\n", style(output, tone_of(finding->severity)),
            severity, style(output, STYLE_PLAIN), style(output, STYLE_BOLD), finding->kind->title,
            style(output, STYLE_PLAIN), style(output, STYLE_DIM), finding->kind->slug,
            style(output, STYLE_PLAIN));
}

static void print_stack_piece(struct output *output, const struct finding *finding,
                              const struct piece *piece)
{
    struct text *text = output->state;
    const struct word_info *role = role_info(piece->role);
    const char *thread = words_thread(&output->arena, finding->process, piece->thread);
    fprintf(output->out, "     %s%s%s:\n", role ? role->phrase : "stack", *thread ? " in " : "",
            thread);
    text_stack(output, &text->sources, piece->trace, finding->process->directory, 7);
}

/* Processes of one program make the same mistakes: once in full is enough. */
static bool print_same_as(struct output *output, const struct finding *finding)
{
    struct text *text = output->state;
    uint64_t key = stacks_key(finding);
    size_t earlier = (size_t)map_get(&text->shown_as, key);
    if (!earlier)
        map_put(&text->shown_as, key, (void *)(size_t)text->number);
    else if (!output->all)
        fprintf(output->out, "     %ssame stacks as in %zu%s\n", style(output, STYLE_DIM), earlier,
                style(output, STYLE_PLAIN));
    return earlier && !output->all;
}

static void print_finding(struct output *output, const struct finding *finding)
{
    struct text *text = output->state;
    const char *what = words_what(&output->arena, finding);
    fprintf(output->out, "  %s%u.%s %s", style(output, STYLE_BOLD), ++text->number,
            style(output, STYLE_PLAIN),
            *what ? capital(&output->arena, what) : finding->kind->title);
    if (finding->confidence != CONFIDENCE_CERTAIN)
        fprintf(output->out, " %s(%s)%s", style(output, STYLE_DIM),
                confidence_words[finding->confidence], style(output, STYLE_PLAIN));
    fputc('\n', output->out);
    if (*finding->detail)
        fprintf(output->out, "     %s\n", finding->detail);
    const struct piece *main_piece = finding_main_piece(finding);
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        const char *words =
            piece == main_piece ? NULL : words_piece(&output->arena, finding, piece);
        if (words)
            fprintf(output->out, "     %s\n", words);
    }
    if (print_same_as(output, finding))
        return;
    for (unsigned i = 0; i < finding->piece_count; i++)
        if (finding->pieces[i].trace)
            print_stack_piece(output, finding, &finding->pieces[i]);
}

/* Notes and what was merely held take a line: what, and where it comes from. */
static void print_short(struct output *output, const struct finding *finding)
{
    struct text *text = output->state;
    const char *what = words_what(&output->arena, finding);
    map_put(&text->shown_as, stacks_key(finding), text);
    fprintf(output->out, "  • %s", *what ? what : finding->title);
    if (*finding->detail)
        fprintf(output->out, " %s(%s)%s", style(output, STYLE_DIM), finding->detail,
                style(output, STYLE_PLAIN));
    fputc('\n', output->out);
    for (unsigned i = 0; i < finding->piece_count; i++)
        if (finding->pieces[i].trace) {
            const struct word_info *role = role_info(finding->pieces[i].role);
            fprintf(output->out, "      %s%s in%s %s\n", style(output, STYLE_DIM),
                    role ? role->phrase : "", style(output, STYLE_PLAIN),
                    text_place(output, finding->pieces[i].trace, finding->process->directory,
                               PLACE_FRAMES));
            break;
        }
}

static bool same_group(const struct finding *a, const struct finding *b)
{
    return a && a->process == b->process && a->kind == b->kind && a->severity == b->severity &&
           a->live == b->live;
}

static void text_finding(struct output *output, const struct finding *finding)
{
    struct text *text = output->state;
    bool brief = finding->live || finding->severity == SEVERITY_NOTE;
    if (text->skipped)
        return;
    if (!same_group(text->group, finding)) {
        print_more(output);
        if (finding->live)
            print_live_part(output);
        else
            print_group_head(output, finding);
        text->group = finding;
    }
    text->in_group++;
    unsigned limit = finding->live ? LIVE_SHOWN : brief ? NOTES_SHOWN : GROUP_SHOWN;
    if (!output->all && (text->shown_in_group >= limit || (!brief && text->shown >= REPORT_SHOWN)))
        return;
    text->shown_in_group++;
    if (brief && !output->all) {
        print_short(output, finding);
        return;
    }
    text->shown++;
    print_finding(output, finding);
}

/* ---- tail ---- */

static void text_end(struct output *output)
{
    struct text *text = output->state;
    const struct run *run = output->run;
    print_more(output);
    print_live_part(output);
    sources_finish(&text->sources);
    map_finish(&text->shown_as);
    map_finish(&text->advised);
    bool said = run->unreadable_count;
    for (size_t i = 0; i < run->process_count && !said; i++)
        said = is_worth_a_section(&run->processes[i]);
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
    fprintf(output->out, "recording: %s%s\n", run->path, style(output, STYLE_PLAIN));
}

const struct renderer render_text = {text_begin, text_process, text_finding, text_end, true};
