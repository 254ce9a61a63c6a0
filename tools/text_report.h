/*
 * Inside the text report. render_text.c walks and limits, text_summary.c writes its first and last
 * lines, text_process.c what is said of a process, text_finding.c its findings.
 */
#ifndef HOLDFAST_TOOLS_TEXT_REPORT_H
#define HOLDFAST_TOOLS_TEXT_REPORT_H

#include "render.h"
#include "text_stack.h"

/* Without --all. */
#define GROUP_SHOWN  6  /* findings of one kind with their stacks */
#define REPORT_SHOWN 40 /* findings with stacks in all */
#define NOTES_SHOWN  5
#define LIVE_SHOWN   8
#define PLACE_FRAMES 4 /* functions of a place in a few words */

struct text {
    struct sources sources;
    const struct process *process;
    const struct finding *group; /* the first of the kind and severity that is being shown */
    unsigned in_group, shown_in_group, shown, number;
    bool live_headed;
    bool skipped; /* the process repeats others */
    unsigned repetitions;
    struct map advised;  /* kinds whose advice was printed */
    struct map shown_as; /* key of its stacks → its number, once shown in full, or SHOWN_SHORT */
};
#define SHOWN_SHORT SIZE_MAX

/* The first letter as a capital. */
const char *capital(struct arena *arena, const char *text);

/* ---- text_summary.c ---- */

/* True when all is well and the one line was printed. */
bool summary_all_well(struct output *output);
void summary_head(struct output *output);
void summary_tail(struct output *output);

/* ---- text_process.c ---- */

static inline const struct recording_header *header_of(const struct process *process)
{
    return &process->recording->header;
}

/* Did the shim have its last look? */
bool process_in_order(const struct process *process);
/* Is the finding part of this report? What is only possible is counted, unless all is asked for. */
bool finding_is_shown(const struct output *output, const struct finding *finding);
/* Does the process get a section of its own? */
bool process_has_section(const struct output *output, const struct process *process);
/* enum unobserved, as far as it is to be told. */
unsigned process_unobserved(const struct process *process);
/* ", ran 1.2 s" or "" */
const char *process_ran(struct arena *arena, const struct process *process);
void process_head(struct output *output, const struct process *process);
/* What it held, for one that did not end in order; once. */
void process_live(struct output *output, const struct process *process);

/* ---- text_finding.c ---- */

/* Equal for findings whose stacks read the same; fingerprints do not know lines. */
uint64_t finding_key(const struct finding *finding);
void finding_group_head(struct output *output, const struct finding *finding);
void finding_full(struct output *output, const struct finding *finding);
/* Notes and what was merely held take a line: what, and where it comes from. */
void finding_short(struct output *output, const struct finding *finding);
bool finding_same_group(const struct finding *a, const struct finding *b);

#endif
