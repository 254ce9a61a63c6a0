/* What the text report says of a process besides its findings. */
#include "text_report.h"
#include "words.h"
#include <inttypes.h>
#include <string.h>

bool process_in_order(const struct process *process)
{
    return process->fate == FATE_ENDED || process->fate == FATE_EXECED;
}

/* What is to be said of what was not watched. That there was no scan is clear from other endings.
 */
unsigned process_unobserved(const struct process *process)
{
    const struct recording_header *header = header_of(process);
    unsigned bits = header->unobserved & ~UNOBSERVED_SCAN_SKIPPED;
    bool memory = !(bits & UNOBSERVED_MEMORY_OWN_ALLOCATOR);
    return process->fate == FATE_ENDED && !header->scanned && memory
               ? bits | UNOBSERVED_SCAN_SKIPPED
               : bits;
}

bool finding_is_shown(const struct output *output, const struct finding *finding)
{
    return !finding->hidden_by && (output->all || !finding->possible);
}

bool process_has_section(const struct output *output, const struct process *process)
{
    if (!process_in_order(process) || header_of(process)->unobserved & ~UNOBSERVED_SCAN_SKIPPED)
        return true;
    for (size_t i = 0; i < process->finding_count; i++)
        if (finding_is_shown(output, process->findings[i]))
            return true;
    return false;
}

const char *process_ran(struct arena *arena, const struct process *process)
{
    const struct recording_header *header = header_of(process);
    if (header->end_time <= header->start_time)
        return "";
    return arena_print(arena, ", ran %s",
                       words_duration(arena, header->end_time - header->start_time));
}

static void print_unobserved(struct output *output, const struct process *process)
{
    unsigned bits = process_unobserved(process);
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

void process_live(struct output *output, const struct process *process)
{
    struct text *text = output->state;
    struct arena *arena = &output->arena;
    if (!process || process_in_order(process) || text->live_headed)
        return;
    text->live_headed = true;
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

void process_head(struct output *output, const struct process *process)
{
    if (output->run->process_count > 1) {
        const struct recording_header *header = header_of(process);
        fprintf(output->out, "\n%s━━ %s, pid %d%s ━━ %s%s%s\n", style(output, STYLE_BOLD),
                process->program, header->pid, style(output, STYLE_PLAIN), process->ending,
                process_ran(&output->arena, process),
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
