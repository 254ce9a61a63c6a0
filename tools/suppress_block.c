#include "suppress_rule.h"
#include <stdlib.h>
#include <string.h>

/* What Valgrind's tools call what we find. Kinds of theirs that are not here are read and never
   fit. */
static const struct {
    const char *theirs, *ours;
} names[] = {
    {"Memcheck:Leak", "memory-leak"},
    {"Memcheck:Free", "double-free"},
    {"Memcheck:Free", "bad-free"},
    {"Memcheck:Free", "alloc-mismatch"},
    {"CoreError:FdBadClose", "double-close"},
    {"CoreError:FdBadClose", "bad-close"},
    {"CoreError:FdNotClosed", "fd-leak"},
    {"CoreError:FdBadUse", "use-after-close"},
    {"Memcheck:Addr1", "use-after-free"},
    {"Memcheck:Addr2", "use-after-free"},
    {"Memcheck:Addr4", "use-after-free"},
    {"Memcheck:Addr8", "use-after-free"},
    {"Memcheck:Addr16", "use-after-free"},
    {"Memcheck:Addr32", "use-after-free"},
    {"Helgrind:Race", "race"},
    {"Helgrind:LockOrder", "lock-order"},
    {"Helgrind:UnlockUnlocked", "unlock-misuse"},
    {"Helgrind:UnlockForeign", "unlock-misuse"},
    {"Helgrind:UnlockBogus", "unlock-misuse"},
    {"Helgrind:PthAPIerror", "misuse"},
    {"Helgrind:Misc", "misuse"},
    {"Helgrind:Dubious", "cond-misuse"},
    {"drd:ConflictingAccess", "race"},
    {"drd:MutexErr", "mutex"},
    {"drd:CondErr", "cond-misuse"},
    {"drd:CondDestrErr", "cond-misuse"},
    {"drd:CondRaceErr", "cond-misuse"},
    {"drd:SemaphoreErr", "semaphore-misuse"},
    {"drd:BarrierErr", "barrier-misuse"},
    {"drd:RwlockErr", "mutex"},
    {"drd:HoldtimeErr", "lock-held-long"},
    {"drd:GenericErr", "misuse"},
};

static bool bad(struct rule_source *source, struct problem *problem, const char *what)
{
    problem_set(problem, "%s:%u: %s.", source->file, source->line, what);
    return false;
}

/* "Memcheck:Leak", "Memcheck,Addrcheck:Leak" */
static bool take_kind(struct rule *rule, const char *line)
{
    const char *colon = strchr(line, ':');
    bool ours = false;
    for (unsigned i = 0; colon && i < sizeof names / sizeof names[0]; i++) {
        const char *their_kind = strchr(names[i].theirs, ':');
        size_t tool = (size_t)(their_kind - names[i].theirs);
        if (strcmp(colon, their_kind))
            continue;
        for (const char *at = line; at < colon; at += strcspn(at, ",:") + 1)
            if (strcspn(at, ",:") == tool && !strncmp(at, names[i].theirs, tool))
                ours = rule_add_kinds(rule, names[i].ours) || ours;
    }
    return ours;
}

static void take_leak_kinds(struct rule *rule, const char *list)
{
    rule->leaks = strstr(list, "all") ? 0 : 1u << 31; /* "reachable" alone: never a finding */
    if (strstr(list, "definite"))
        rule->leaks |= 1u << SCAN_DIRECT;
    if (strstr(list, "indirect"))
        rule->leaks |= 1u << SCAN_INDIRECT;
}

static bool take_frame(struct rule *rule, struct rule_source *source, const char *line)
{
    static const struct {
        const char *word;
        int by;
    } forms[] = {{"fun:", FRAME_FUNCTION}, {"obj:", FRAME_OBJECT}, {"src:", FRAME_SOURCE}};
    struct frame_pattern *frame = &rule->frames[rule->frame_count];
    if (!strcmp(line, "...")) {
        frame->by = FRAME_ANY_NUMBER;
        rule->frame_count++;
        return true;
    }
    for (unsigned i = 0; i < 3; i++) {
        if (strncmp(line, forms[i].word, 4))
            continue;
        frame->by = forms[i].by;
        char *plain = symbol_demangle(line + 4);
        const char *pattern = plain ? plain : line + 4;
        frame->pattern = arena_text(source->arena, pattern, strlen(pattern));
        free(plain);
        rule->frame_count++;
        return true;
    }
    return false;
}

#define FRAMES_MAX 64

bool rule_parse_block(struct rule *rule, struct rule_source *source, struct problem *problem)
{
    unsigned first_line = source->line;
    const char *name = source_line(source), *kind = source_line(source), *line;
    if (!name || !kind || *name == '}' || *kind == '}')
        return bad(source, problem, "a { … } rule needs a name and a kind");
    rule->text = arena_text(source->arena, name, strlen(name));
    rule->line = first_line;
    rule->form = RULE_FRAMES;
    rule->frames = arena_take(source->arena, FRAMES_MAX * sizeof *rule->frames);
    if (!strchr(kind, ':'))
        return bad(source, problem, "the kind of a { … } rule is written Tool:Kind");
    bool ours = take_kind(rule, kind);
    while ((line = source_line(source)) && strcmp(line, "}")) {
        if (!*line || *line == '#')
            continue;
        if (!strncmp(line, "match-leak-kinds:", 17)) {
            take_leak_kinds(rule, line + 17);
            continue;
        }
        if (rule->frame_count == FRAMES_MAX)
            return bad(source, problem, "the { … } rule has too many frames");
        /* Kinds that we do not have may carry a line of their own (the parameter of a system call).
         */
        if (!take_frame(rule, source, line) && ours)
            return bad(source, problem, "frames of a { … } rule are fun:, obj:, src: or ...");
    }
    if (!line)
        return bad(source, problem, "the { … } rule has no end");
    return true;
}
