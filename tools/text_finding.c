/* Findings in the text report. */
#include "text_report.h"
#include "words.h"
#include <ctype.h>
#include <string.h>

const char *capital(struct arena *arena, const char *text)
{
    char *copy = arena_text(arena, text, strlen(text));
    *copy = (char)toupper((unsigned char)*copy);
    return copy;
}

uint64_t finding_key(const struct finding *finding)
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

static enum style tone_of(unsigned severity)
{
    return severity == SEVERITY_ERROR     ? STYLE_ERROR
           : severity == SEVERITY_WARNING ? STYLE_WARNING
                                          : STYLE_NOTE;
}

/* " · 5 places, 12.3 KiB", "" for a group of one. */
static const char *group_sum(struct arena *arena, const struct finding *first)
{
    uint64_t places = 0, bytes = 0;
    for (size_t i = 0; i < first->process->finding_count; i++) {
        const struct finding *finding = first->process->findings[i];
        if (finding->hidden_by || !finding_same_group(first, finding))
            continue;
        places++;
        bytes += finding->bytes + finding->bytes2;
    }
    if (places < 2)
        return "";
    if (!bytes)
        return arena_print(arena, " · %s", words_count(arena, places, "place"));
    return arena_print(arena, " · %s, %s", words_count(arena, places, "place"),
                       words_bytes(arena, bytes));
}

void finding_group_head(struct output *output, const struct finding *finding)
{
    char severity[16];
    snprintf(severity, sizeof severity, "%s",
             finding->possible ? "possible" : severity_words[finding->severity]);
    for (char *c = severity; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    fprintf(output->out, "\n%s%s%s %s%s%s  %s%s%s%s\n",
            style(output, finding->possible ? STYLE_NOTE : tone_of(finding->severity)), severity,
            style(output, STYLE_PLAIN), style(output, STYLE_BOLD), finding->kind->title,
            style(output, STYLE_PLAIN), style(output, STYLE_DIM), finding->kind->slug,
            group_sum(&output->arena, finding), style(output, STYLE_PLAIN));
    if (finding->possible)
        fprintf(output->out,
                "  %sThis program also orders threads by atomic instructions, which calls do not "
                "show.%s\n",
                style(output, STYLE_DIM), style(output, STYLE_PLAIN));
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
    uint64_t key = finding_key(finding);
    size_t earlier = (size_t)map_get(&text->shown_as, key);
    if (earlier == SHOWN_SHORT)
        earlier = 0;
    if (!earlier)
        map_put(&text->shown_as, key, (void *)(size_t)text->number);
    else if (!output->all)
        fprintf(output->out, "     %ssame stacks as in %zu%s\n", style(output, STYLE_DIM), earlier,
                style(output, STYLE_PLAIN));
    return earlier && !output->all;
}

void finding_full(struct output *output, const struct finding *finding)
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

void finding_short(struct output *output, const struct finding *finding)
{
    struct text *text = output->state;
    const char *what = words_what(&output->arena, finding);
    if (!map_get(&text->shown_as, finding_key(finding)))
        map_put(&text->shown_as, finding_key(finding), (void *)SHOWN_SHORT);
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

bool finding_same_group(const struct finding *a, const struct finding *b)
{
    return a && a->process == b->process && a->kind == b->kind && a->severity == b->severity &&
           a->live == b->live && a->possible == b->possible;
}
