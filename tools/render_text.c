/* --format text: what a person reads first. Findings by process and kind, most important first; one
   line when all is well. Here is what is shown and what is left out; text_*.c write it. */
#include "text_report.h"

static void text_begin(struct output *output)
{
    output->state = arena_take(&output->arena, sizeof(struct text));
    if (!summary_all_well(output))
        summary_head(output);
}

/* The last lines of a group: what was left out, and what to do. */
static void end_group(struct output *output)
{
    struct text *text = output->state;
    unsigned hidden = text->in_group - text->shown_in_group;
    if (text->group && hidden)
        fprintf(output->out, "  %s… and %u more of this kind (--all shows them)%s\n",
                style(output, STYLE_DIM), hidden, style(output, STYLE_PLAIN));
    if (text->group && !text->group->live && !text->group->possible &&
        text->group->severity > SEVERITY_NOTE &&
        !map_get(&text->advised, text->group->kind->number)) {
        map_put(&text->advised, text->group->kind->number, text);
        fprintf(output->out, "  %s→ %s%s\n", style(output, STYLE_DIM), text->group->kind->advice,
                style(output, STYLE_PLAIN));
    }
    text->group = NULL;
    text->in_group = text->shown_in_group = 0;
}

/* Was all that the process has to say said of an earlier one? */
static bool is_repetition(const struct output *output, const struct process *process)
{
    const struct text *text = output->state;
    if (!process_in_order(process) || header_of(process)->unobserved & ~UNOBSERVED_SCAN_SKIPPED)
        return false;
    for (size_t i = 0; i < process->finding_count; i++)
        if (finding_is_shown(output, process->findings[i]) &&
            !map_get(&text->shown_as, finding_key(process->findings[i])))
            return false;
    return true;
}

static void text_process(struct output *output, const struct process *process)
{
    struct text *text = output->state;
    end_group(output);
    process_live(output, text->process);
    text->process = process;
    text->live_headed = false;
    text->skipped = false;
    if (!process_has_section(output, process))
        return;
    text->skipped = !output->all && is_repetition(output, process);
    if (text->skipped) {
        text->repetitions++;
        return;
    }
    process_head(output, process);
}

static void text_finding(struct output *output, const struct finding *finding)
{
    struct text *text = output->state;
    bool brief = finding->live || finding->possible || finding->severity == SEVERITY_NOTE;
    if (text->skipped || !finding_is_shown(output, finding))
        return;
    if (!finding_same_group(text->group, finding)) {
        end_group(output);
        if (finding->live)
            process_live(output, finding->process);
        else
            finding_group_head(output, finding);
        text->group = finding;
    }
    text->in_group++;
    unsigned limit = finding->live ? LIVE_SHOWN : brief ? NOTES_SHOWN : GROUP_SHOWN;
    if (!output->all && (text->shown_in_group >= limit || (!brief && text->shown >= REPORT_SHOWN)))
        return;
    text->shown_in_group++;
    if (brief && !output->all) {
        finding_short(output, finding);
        return;
    }
    text->shown++;
    finding_full(output, finding);
}

static void text_end(struct output *output)
{
    struct text *text = output->state;
    end_group(output);
    process_live(output, text->process);
    summary_tail(output);
    sources_finish(&text->sources);
    map_finish(&text->shown_as);
    map_finish(&text->advised);
}

const struct renderer render_text = {text_begin, text_process, text_finding, text_end, true};
