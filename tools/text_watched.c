/* What was watched of code, in the text report. */
#include "format/rewrite.h"
#include "render.h"
#include "watched.h"
#include "words.h"
#include <stdio.h>
#include <string.h>

struct watched_module *watched_load(struct arena *arena, struct recording *recording,
                                    size_t *ret_count)
{
    uint64_t rows = recording_count(recording, SECTION_WATCHED);
    struct watched_module *all = arena_take(arena, (rows + 1) * sizeof *all);
    *ret_count = 0;
    for (uint64_t i = 0; i < rows; i++) {
        struct watched_module *next = &all[*ret_count];
        if (!recording_row(recording, SECTION_WATCHED, i, &next->row, sizeof next->row))
            continue;
        const char *module = recording_string(recording, next->row.module);
        next->module = arena_text(arena, module, strlen(module));
        ++*ret_count;
    }
    return all;
}

static const char *why_not(uint32_t kind)
{
    static const char *const words[] = {
        [WATCHED_YES] = "watched",
        [WATCHED_SKIPPED] = "left out by an option",
        [WATCHED_NO_REWRITER] = "not watched: holdfast-rewrite is not there, or failed",
        [WATCHED_NO_CACHE] = "not watched: there is no folder of your own for images of code",
        [WATCHED_NO_IMAGE] = "not watched: its code could not be rewritten",
        [WATCHED_NO_ROOM] = "not watched: there are no free addresses near it",
        [WATCHED_DIFFERS] = "not watched: its code in memory is not its file's",
        [WATCHED_PROTECTED] = "not watched: the system lets nobody change code",
        [WATCHED_RUNNING] = "not watched: other threads may have been running in it",
        [WATCHED_GENERATED] = "code made at run time is not watched",
        [WATCHED_TOO_MANY] = "not watched: too many modules",
        [WATCHED_NOT_KEPT] = "not watched: the image of its code could not be written (disk full?)",
        [WATCHED_ALLOCATOR] = "the program's allocator is not watched, as libc's is not",
        [WATCHED_SHUT_IN] = "not watched: the program has shut itself in (seccomp)",
    };
    return kind < sizeof words / sizeof words[0] && words[kind] ? words[kind]
                                                                : "not watched: unknown why";
}

static const char *left_out_words(unsigned why)
{
    static const char *const words[WHY_COUNT] = {
        [WHY_NOT_DECODED] = "not understood",
        [WHY_NO_ROOM] = "no room for a jump",
        [WHY_NO_REGISTER] = "no register free",
        [WHY_OPERAND] = "a kind of access that is not watched",
        [WHY_TARGET_INSIDE] = "jumped into",
        [WHY_SYSTEM] = "beside a system call",
        [WHY_SKIPPED] = "left out by an option",
        [WHY_NO_FRAME_INFO] = "code without unwind information",
    };
    return why < WHY_COUNT && words[why] ? words[why] : "other";
}

/* Of 1,000, rounded down: 100 % is all. */
static unsigned share(uint64_t part, uint64_t whole)
{
    return whole ? (unsigned)(part * 1000 / whole) : 1000;
}

const char *watched_words(struct output *output)
{
    const struct run *run = output->run;
    uint64_t watched = 0, can_race = 0, modules = 0, others = 0, traps = 0, generated = 0;
    uint32_t why = 0; /* nothing was: one reason of many */
    for (size_t i = 0; i < run->process_count; i++)
        for (size_t k = 0; k < run->processes[i].watched_count; k++) {
            const struct watched_row *row = &run->processes[i].watched[k].row;
            modules += row->kind == WATCHED_YES;
            bool is_not = row->kind != WATCHED_YES && row->kind != WATCHED_GENERATED &&
                          row->kind != WATCHED_SKIPPED && row->kind != WATCHED_ALLOCATOR;
            others += is_not;
            why = is_not && !why ? row->kind : why;
            watched += row->watched;
            can_race += row->watched + row->left_out;
            traps += row->traps;
            generated += row->bytes;
        }
    if (!modules && !others)
        return "";
    struct arena *arena = &output->arena;
    if (!modules)
        return arena_print(arena, "no loads and stores watched in %s: %s",
                           words_count(arena, others, "module"),
                           why_not(why) + strlen("not watched: "));
    unsigned parts = share(watched, can_race);
    const char *words = arena_print(arena, "%u.%u %% of loads and stores watched in %s", parts / 10,
                                    parts % 10, words_count(arena, modules, "module"));
    if (others)
        words =
            arena_print(arena, "%s, %s not watched", words, words_count(arena, others, "module"));
    if (generated)
        words = arena_print(arena, "%s, nor %s of code made at run time", words,
                            words_bytes(arena, generated));
    if (traps)
        words = arena_print(arena, "%s; %s caught: please report this", words,
                            words_count(arena, traps, "stray jump"));
    return words;
}

static void list_row(struct output *output, const struct watched_module *watched)
{
    struct arena *arena = &output->arena;
    const struct watched_row *row = &watched->row;
    if (row->kind == WATCHED_GENERATED) {
        fprintf(output->out, "  %s of %s\n", words_bytes(arena, row->bytes), why_not(row->kind));
        return;
    }
    fprintf(output->out, "  %s: ", watched->module);
    if (row->kind != WATCHED_YES) {
        fprintf(output->out, "%s\n", why_not(row->kind));
        return;
    }
    unsigned parts = share(row->watched, row->watched + row->left_out);
    fprintf(output->out, "%u.%u %% watched of %s accesses that can race, %s that cannot%s%s\n",
            parts / 10, parts % 10, words_number(arena, row->watched + row->left_out),
            words_number(arena, row->harmless),
            row->traps
                ? arena_print(arena, ", %s caught", words_count(arena, row->traps, "stray jump"))
                : "",
            row->unloaded ? ", unloaded since" : "");
    for (unsigned why = 0; why < 16; why++)
        if (row->reasons[why])
            fprintf(output->out, "    %s left out: %s\n", words_number(arena, row->reasons[why]),
                    left_out_words(why));
}

void watched_list(struct output *output)
{
    const struct run *run = output->run;
    for (size_t i = 0; i < run->process_count; i++) {
        const struct process *process = &run->processes[i];
        if (!process->watched_count)
            continue;
        fprintf(output->out, "\nLoads and stores watched in %s (pid %d):\n", process->program,
                process->recording->header.pid);
        for (size_t k = 0; k < process->watched_count; k++)
            list_row(output, &process->watched[k]);
    }
}
