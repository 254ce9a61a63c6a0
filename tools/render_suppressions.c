/* --format suppressions: one rule for each place, under a comment that says what it hides. Whoever
   takes them over should say why beside them. */
#include "render.h"
#include <inttypes.h>
#include <string.h>

struct written {
    struct map rules; /* hash of a rule that is there already */
};

static void suppressions_begin(struct output *output)
{
    output->state = arena_take(&output->arena, sizeof(struct written));
}

/* The stack that says most: an access, else what comes first. */
static const struct trace *main_trace(const struct finding *finding)
{
    const struct trace *first = NULL;
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        if (piece->trace && piece->type == EVIDENCE_ACCESS)
            return piece->trace;
        if (piece->trace && !first)
            first = piece->trace;
    }
    return first;
}

/* Names of functions are taken as they are, but for what would be an anchor or a wildcard. */
static const char *literal(struct arena *arena, const char *function)
{
    char *copy = arena_text(arena, function, strcspn(function, "("));
    for (char *c = copy; *c; c++)
        if (*c == '*' || *c == ' ' || *c == '$' || *c == '^')
            *c = '?';
    return copy;
}

static const char *rule_for(struct output *output, const struct finding *finding)
{
    const struct trace *trace = main_trace(finding);
    if (!trace)
        return NULL;
    const struct frame *frame = &trace->frames[trace->place];
    if (!frame->function)
        return arena_print(&output->arena, "%s:%s!0x%" PRIx64, finding->kind->slug,
                           frame_module(frame), frame->offset);
    bool arguments = strchr(frame->function, '(');
    return arena_print(&output->arena, "%s:^%s%s", finding->kind->slug,
                       literal(&output->arena, frame->function), arguments ? "(*" : "$");
}

static void suppressions_finding(struct output *output, const struct finding *finding)
{
    struct written *written = output->state;
    const char *rule = finding->live ? NULL : rule_for(output, finding);
    uint64_t key = rule ? hash_text(HASH_START, rule) : 0;
    if (!rule || map_get(&written->rules, key))
        return;
    map_put(&written->rules, key, written);
    fprintf(output->out, "# %s\n%s\n", finding->title, rule);
}

static void suppressions_end(struct output *output)
{
    struct written *written = output->state;
    map_finish(&written->rules);
}

const struct renderer render_suppressions = {suppressions_begin, NULL, suppressions_finding,
                                             suppressions_end, false};
