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
}

/* ---- what heads a stack ---- */

static bool has_locks(const struct finding *finding)
{
    for (unsigned i = 0; i < finding->piece_count; i++)
        if (finding->pieces[i].type == EVIDENCE_LOCK)
            return true;
    return false;
}

/* " in thread 3 (worker)", "" */
static const char *in_thread(struct arena *arena, const struct finding *finding, uint32_t thread)
{
    const char *who = words_thread(arena, finding->process, thread);
    return *who ? arena_print(arena, " in %s", who) : "";
}

/* ", holding mutex A and mutex B": those of the access's side. */
static const char *held_words(struct arena *arena, const struct finding *finding,
                              const struct piece *access)
{
    unsigned role = access->role == ROLE_EARLIER ? ROLE_HELD_EARLIER : ROLE_HELD, count = 0;
    const char *list = "";
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *lock = &finding->pieces[i];
        if (lock->type == EVIDENCE_LOCK && lock->role == role)
            list = arena_print(arena, "%s%s%s", list, count++ ? ", " : "",
                               words_lock(arena, finding, lock));
    }
    if (count)
        return arena_print(arena, ", holding %s", list);
    return has_locks(finding) ? ", holding no lock" : "";
}

/* "thread 3 (worker) and thread 4 (worker) were created": all whose creation the stack shows. */
static const char *created_words(struct arena *arena, const struct finding *finding,
                                 const struct piece *piece)
{
    const char *list = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *other = &finding->pieces[i];
        if (!other->about || other->trace != piece->trace || other->thread != piece->thread)
            continue;
        const char *who = words_thread(arena, finding->process, other->about);
        list = list ? arena_print(arena, "%s and %s", list, who) : who;
        count++;
    }
    return arena_print(arena, "%s %s created", list ? list : "", count > 1 ? "were" : "was");
}

static const char *stack_heading(struct arena *arena, const struct finding *finding,
                                 const struct piece *piece)
{
    const struct word_info *role = role_info(piece->role);
    const char *who = in_thread(arena, finding, piece->thread);
    if (piece->type == EVIDENCE_ACCESS)
        return arena_print(arena, "%s%s%s%s", piece->role == ROLE_EARLIER ? "earlier " : "",
                           words_access(arena, piece), who, held_words(arena, finding, piece));
    if (piece->type == EVIDENCE_LOCK)
        return arena_print(
            arena, "%s%s%s%s%s", piece->role == ROLE_HERE || !role ? "" : role->phrase,
            piece->role == ROLE_HERE || !role ? "" : " ", words_lock(arena, finding, piece),
            piece->role == ROLE_ACQUIRED ? "" : ", taken", who);
    if (piece->about)
        return arena_print(arena, "%s%s", created_words(arena, finding, piece), who);
    const char *what = role ? role->phrase : "stack";
    if (piece->type == EVIDENCE_STACK && piece->a)
        what = arena_print(arena, "%s of them %s", words_number(arena, piece->a), what);
    return arena_print(arena, "%s%s", what, who);
}

/* Was the same creation shown for another thread of the finding? */
static bool shown_before(const struct finding *finding, const struct piece *piece)
{
    for (const struct piece *other = finding->pieces; piece->about && other < piece; other++)
        if (other->about && other->trace == piece->trace && other->thread == piece->thread)
            return true;
    return false;
}

/* Locks of an access are told beside it, and where they were taken in a line at the end. */
static bool is_held_at_access(const struct finding *finding, const struct piece *piece)
{
    const struct piece *main_piece = finding_main_piece(finding);
    return piece->type == EVIDENCE_LOCK && main_piece && main_piece->type == EVIDENCE_ACCESS;
}

static void print_stack_piece(struct output *output, const struct finding *finding,
                              const struct piece *piece)
{
    struct text *text = output->state;
    if (shown_before(finding, piece) || is_held_at_access(finding, piece))
        return;
    fprintf(output->out, "     %s:\n", stack_heading(&output->arena, finding, piece));
    text_stack(output, &text->sources, piece->trace, finding->process->directory, 7);
}

/* ---- lines about locks ---- */

static bool first_of_lock(const struct finding *finding, const struct piece *lock)
{
    for (const struct piece *other = finding->pieces; other < lock; other++)
        if (other->type == EVIDENCE_LOCK && other->a == lock->a)
            return false;
    return true;
}

static const char *add_part(struct arena *arena, const char *line, const char *part)
{
    return arena_print(arena, "%s%s%s", line, *line ? "; " : "", part);
}

/* "mutex M1: 0x5000; taken in fill app.c:20 ← main; initialised in make app.c:10 ←
 * main" */
static void print_lock(struct output *output, const struct finding *finding,
                       const struct piece *lock)
{
    struct arena *arena = &output->arena;
    const char *directory = finding->process->directory;
    bool first = first_of_lock(finding, lock),
         held = lock->trace && is_held_at_access(finding, lock);
    const char *place = first ? words_lock_place(arena, finding, lock) : NULL;
    const char *line = place ? place : "";
    if (held)
        line = add_part(arena, line,
                        arena_print(arena, "taken in %s",
                                    text_place(output, lock->trace, directory, PLACE_FRAMES)));
    if (first && lock->initialised)
        line =
            add_part(arena, line,
                     arena_print(arena, "initialised in %s",
                                 text_place(output, lock->initialised, directory, PLACE_FRAMES)));
    if (*line)
        fprintf(output->out, "     %s: %s\n", words_lock(arena, finding, lock), line);
}

static void print_locks(struct output *output, const struct finding *finding)
{
    for (unsigned i = 0; i < finding->piece_count; i++)
        if (finding->pieces[i].type == EVIDENCE_LOCK)
            print_lock(output, finding, &finding->pieces[i]);
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

/* Does a piece get a line of its own below the title? Not what the title says already, and not what
   heads its own stack. */
static bool has_line(const struct finding *finding, const struct piece *piece)
{
    const struct piece *main_piece = finding_main_piece(finding);
    bool heads = (piece->type == EVIDENCE_ACCESS || piece->type == EVIDENCE_LOCK) && piece->trace;
    bool access = main_piece && main_piece->type == EVIDENCE_ACCESS;
    bool object = access && piece == finding_object(finding);
    bool of_access = access && piece->type == EVIDENCE_LOCK;
    return piece->type != EVIDENCE_STACK && piece != main_piece && !heads && !object && !of_access;
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
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        const char *words = words_piece(&output->arena, finding, piece);
        if (words && has_line(finding, piece))
            fprintf(output->out, "     %s\n", words);
    }
    if (print_same_as(output, finding))
        return;
    for (unsigned i = 0; i < finding->piece_count; i++)
        if (finding->pieces[i].trace)
            print_stack_piece(output, finding, &finding->pieces[i]);
    print_locks(output, finding);
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
    bool first = true;
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        const struct word_info *role = role_info(piece->role);
        if (!piece->trace || !(first || piece->role == ROLE_EARLIER))
            continue;
        first = false;
        fprintf(output->out, "      %s%s in%s %s\n", style(output, STYLE_DIM),
                role ? role->phrase : "", style(output, STYLE_PLAIN),
                text_place(output, piece->trace, finding->process->directory, PLACE_FRAMES));
    }
}

bool finding_same_group(const struct finding *a, const struct finding *b)
{
    return a && a->process == b->process && a->kind == b->kind && a->severity == b->severity &&
           a->live == b->live && a->possible == b->possible;
}
