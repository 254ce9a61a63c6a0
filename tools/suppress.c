#include "suppress_rule.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES_FILE_MAX (16u << 20)

struct rules {
    struct rule *first, **last;
    struct rule *builtin; /* of builtin_rules.def; asked after the others, never listed */
    struct arena arena;
};

/* ---- patterns ---- */

bool pattern_fits(const char *pattern, const char *text)
{
    const char *star = NULL, *back = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            back = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++back;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool pattern_found(const char *pattern, const char *text)
{
    char whole[1024];
    bool from_start = *pattern == '^';
    pattern += from_start;
    size_t length = strlen(pattern);
    bool to_end = length && pattern[length - 1] == '$';
    length -= to_end;
    if (length + 3 > sizeof whole)
        return false;
    snprintf(whole, sizeof whole, "%s%.*s%s", from_start ? "" : "*", (int)length, pattern,
             to_end ? "" : "*");
    return pattern_fits(whole, text);
}

/* ---- files ---- */

char *source_line(struct rule_source *source)
{
    if (!source->rest)
        return NULL;
    char *line = strsep(&source->rest, "\n");
    source->line++;
    if (!source->rest && !*line)
        return NULL;
    line += strspn(line, " \t\r");
    for (char *end = line + strlen(line); end > line && isspace((unsigned char)end[-1]);)
        *--end = 0;
    return line;
}

static char *read_file(struct arena *arena, const char *path, struct problem *problem)
{
    FILE *file = fopen(path, "re");
    if (!file) {
        problem_set(problem, "cannot read the suppressions %s: %s.", path, strerror(errno));
        return NULL;
    }
    char *text = malloc(RULES_FILE_MAX + 1), *copy = NULL;
    size_t length = text ? fread(text, 1, RULES_FILE_MAX + 1, file) : 0;
    if (ferror(file))
        problem_set(problem, "cannot read the suppressions %s: %s.", path, strerror(errno));
    else if (length > RULES_FILE_MAX || memchr(text, 0, length))
        problem_set(problem, "%s is no file of suppressions.", path);
    else
        copy = arena_text(arena, text, length);
    free(text);
    fclose(file);
    return copy;
}

static bool load_file(struct rules *rules, const char *path, struct problem *problem)
{
    struct rule_source source = {.file = path, .arena = &rules->arena};
    source.rest = read_file(&rules->arena, path, problem);
    if (!source.rest)
        return false;
    for (char *line; (line = source_line(&source));) {
        if (!*line || *line == '#')
            continue;
        struct rule *rule = arena_take(&rules->arena, sizeof *rule);
        rule->file = path;
        rule->line = source.line;
        bool good = !strcmp(line, "{") ? rule_parse_block(rule, &source, problem)
                                       : rule_parse_line(rule, &source, line, problem);
        if (!good)
            return false;
        *rules->last = rule;
        rules->last = &rule->next;
    }
    return true;
}

static const char *const builtin_rules[] = {
#define BUILTIN_RULE(rule, why) rule,
#include "builtin_rules.def"
#undef BUILTIN_RULE
};

static bool load_builtin(struct rules *rules, struct problem *problem)
{
    struct rule_source source = {.file = "(built in)", .arena = &rules->arena};
    for (unsigned i = 0; i < sizeof builtin_rules / sizeof builtin_rules[0]; i++) {
        struct rule *rule = arena_take(&rules->arena, sizeof *rule);
        char *line = arena_text(&rules->arena, builtin_rules[i], strlen(builtin_rules[i]));
        rule->file = source.file;
        rule->line = i + 1;
        rule->next = rules->builtin;
        rules->builtin = rule;
        if (!rule_parse_line(rule, &source, line, problem))
            return false;
    }
    return true;
}

struct rules *rules_load(const char *paths, struct problem *problem)
{
    struct rules *rules = calloc(1, sizeof *rules);
    if (!rules)
        return NULL;
    rules->last = &rules->first;
    char *list = arena_text(&rules->arena, paths, strlen(paths));
    if (!load_builtin(rules, problem)) {
        rules_destroy(rules);
        return NULL;
    }
    for (char *path; (path = strsep(&list, ","));)
        if (*path && !load_file(rules, path, problem)) {
            rules_destroy(rules);
            return NULL;
        }
    return rules;
}

void rules_destroy(struct rules *rules)
{
    if (!rules)
        return;
    arena_finish(&rules->arena);
    free(rules);
}

/* ---- matching ---- */

static bool offset_fits(const struct rule *rule, const struct frame *frame)
{
    if (!frame->module || frame->offset != rule->offset)
        return false;
    if (rule->build_id_size)
        return frame->module->row.build_id_size >= rule->build_id_size &&
               !memcmp(frame->module->row.build_id, rule->build_id, rule->build_id_size);
    return pattern_fits(rule->object, frame->module->name) ||
           pattern_fits(rule->object, frame->module->path);
}

static bool frame_fits(const struct rule *rule, const struct frame *frame)
{
    if (rule->has_offset)
        return offset_fits(rule, frame);
    return (frame->function && pattern_found(rule->pattern, frame->function)) ||
           (frame->file && pattern_found(rule->pattern, frame->file)) ||
           (frame->module && pattern_found(rule->pattern, frame->module->path));
}

static bool source_fits(const char *pattern, const struct frame *frame)
{
    if (!frame->file)
        return false;
    const char *slash = strrchr(frame->file, '/');
    char place[1024];
    for (unsigned with_line = 0; with_line < 2; with_line++) {
        snprintf(place, sizeof place, with_line ? "%s:%u" : "%s", frame->file, frame->line);
        if (pattern_fits(pattern, place) ||
            (slash && pattern_fits(pattern, place + (slash + 1 - frame->file))))
            return true;
    }
    return false;
}

static bool frame_pattern_fits(const struct frame_pattern *want, const struct frame *frame)
{
    switch (want->by) {
    case FRAME_FUNCTION: {
        /* Valgrind's names are without arguments unless the pattern has some. */
        if (!frame->function)
            return !strcmp(want->pattern, "*");
        if (pattern_fits(want->pattern, frame->function))
            return true;
        char name[512];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(frame->function, "("), frame->function);
        return pattern_fits(want->pattern, name);
    }
    case FRAME_OBJECT:
        return frame->module && pattern_fits(want->pattern, frame->module->path);
    case FRAME_SOURCE:
        return source_fits(want->pattern, frame);
    default:
        return false;
    }
}

/* Do the patterns fit the innermost frames? As with * in a text, only the last "..." needs to be
   tried again: what fits leftmost leaves the most for the rest. */
static bool frames_fit(const struct frame_pattern *want, unsigned wanted,
                       const struct frame *frames, unsigned count)
{
    unsigned w = 0, f = 0, after_any = 0, from = 0;
    while (w < wanted) {
        if (want[w].by == FRAME_ANY_NUMBER) {
            after_any = ++w;
            from = f;
        } else if (f < count && frame_pattern_fits(&want[w], &frames[f])) {
            w++;
            f++;
        } else if (after_any && from < count) {
            f = ++from;
            w = after_any;
        } else {
            return false;
        }
    }
    return true;
}

/* Valgrind's stacks begin within the function that it replaced, ours at its caller. */
static bool is_replaced(const struct frame_pattern *want)
{
    static const char *const prefixes[] = {"operator new",  "operator delete",
                                           "_Zn",           "_Zd",
                                           "pthread_",      "sem_",
                                           "mem",           "str",
                                           "wmem",          "wcs",
                                           "malloc",        "calloc",
                                           "realloc",       "free",
                                           "aligned_alloc", "posix_memalign",
                                           "valloc",        "cfree",
                                           "close",         "bcopy",
                                           "stpcpy"};
    static const char *const names[] = {"malloc", "calloc", "realloc",
                                        "free",   "memcpy", "pthread_mutex_lock"};
    if (want->by != FRAME_FUNCTION)
        return false;
    for (unsigned i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (!strncmp(want->pattern, prefixes[i], strlen(prefixes[i])))
            return true;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) /* "*alloc" */
        if (pattern_fits(want->pattern, names[i]))
            return true;
    return false;
}

static bool trace_fits(const struct rule *rule, const struct trace *trace)
{
    const struct frame *frames = trace->frames;
    switch (rule->form) {
    case RULE_ANYWHERE:
        for (unsigned i = 0; i < trace->count; i++)
            if (frame_fits(rule, &frames[i]))
                return true;
        return false;
    case RULE_TOP:
        return frame_fits(rule, &frames[0]);
    case RULE_CALLER:
        return frames[0].module &&
               pattern_found(rule->pattern ? rule->pattern : "^$", frames[0].module->path);
    case RULE_FRAMES:
        return frames_fit(rule->frames, rule->frame_count, frames, trace->count) ||
               (rule->frame_count && is_replaced(rule->frames) &&
                frames_fit(rule->frames + 1, rule->frame_count - 1, frames, trace->count));
    }
    return false;
}

/* TSan's rules name variables, too; ours also locks. */
static bool name_fits(const struct rule *rule, const struct piece *piece)
{
    if (rule->form != RULE_ANYWHERE || rule->has_offset)
        return false;
    const char *name = piece->spot.name;
    return (name && pattern_found(rule->pattern, name)) ||
           (piece->spot.file && pattern_found(rule->pattern, piece->spot.file)) ||
           (piece->type == EVIDENCE_LOCK && *piece->string &&
            pattern_found(rule->pattern, piece->string));
}

static bool leak_fits(const struct rule *rule, const struct finding *finding)
{
    for (unsigned i = 0; rule->leaks && i < finding->piece_count; i++)
        if (finding->pieces[i].type == EVIDENCE_LEAK && finding->pieces[i].c < 31)
            return rule->leaks >> finding->pieces[i].c & 1;
    return true;
}

static bool rule_fits(const struct rule *rule, const struct finding *finding)
{
    unsigned kind = finding->kind->number;
    if (!rule->every_kind && (kind >= KIND_END || !(rule->kinds[kind / 8] >> kind % 8 & 1)))
        return false;
    if ((rule->count_max && finding->count > rule->count_max) || !leak_fits(rule, finding))
        return false;
    for (unsigned i = 0; i < finding->piece_count; i++) {
        const struct piece *piece = &finding->pieces[i];
        if ((piece->trace && trace_fits(rule, piece->trace)) || name_fits(rule, piece))
            return true;
    }
    return false;
}

static const struct rule *match_in(struct rule *first, const struct finding *finding)
{
    for (struct rule *rule = first; rule; rule = rule->next)
        if (rule_fits(rule, finding)) {
            rule->hits++;
            return rule;
        }
    return NULL;
}

const struct rule *rules_match(struct rules *rules, const struct finding *finding)
{
    const struct rule *rule = match_in(rules->first, finding);
    return rule ? rule : match_in(rules->builtin, finding);
}

const struct rule *rules_at(const struct rules *rules, size_t i)
{
    const struct rule *rule = rules->first;
    while (rule && i--)
        rule = rule->next;
    return rule;
}

struct rule_view rule_view(const struct rule *rule)
{
    return (struct rule_view){rule->file, rule->text, rule->line, rule->hits};
}
