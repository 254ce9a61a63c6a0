#include "fail_on.h"
#include "flags.h"
#include "words.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct clause {
    unsigned severity;            /* 0: kind says it; above SEVERITY_ERROR: none */
    const struct kind_info *kind; /* NULL: severity says it */
    uint64_t least;
};

static const char *clause_word(unsigned i)
{
    static const char *const words[] = {"none", "note", "warning", "error"};
    return i < 4 ? words[i] : i - 4 < kind_table_count ? kind_table[i - 4].slug : NULL;
}

static bool parse_clause(const char *text, size_t length, struct clause *clause,
                         struct problem *problem)
{
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)(length < 63 ? length : 63), text);
    char *least = strstr(word, ">=");
    *clause = (struct clause){.least = 1};
    if (least) {
        char *end;
        *least = 0;
        clause->least = strtoull(least + 2, &end, 10);
        if (!isdigit((unsigned char)least[2]) || *end || !clause->least) {
            problem_set(problem, "--fail-on takes KIND>=N with N above 0, not \"%.*s\".",
                        (int)length, text);
            return false;
        }
    }
    for (unsigned i = 0; i < 4; i++)
        if (!strcmp(word, clause_word(i))) {
            clause->severity = i ? i : SEVERITY_ERROR + 1;
            return true;
        }
    clause->kind = kind_by_slug(word);
    if (clause->kind)
        return true;
    const char *near = nearest_word(word, clause_word);
    if (near)
        problem_set(problem, "--fail-on does not know \"%s\"; did you mean %s?", word, near);
    else
        problem_set(
            problem,
            "--fail-on takes none, note, warning, error or a kind (`holdfast explain` lists "
            "them), not \"%s\".",
            word);
    return false;
}

bool fail_on_check(const char *text, struct problem *problem)
{
    for (;; text++) {
        struct clause clause;
        size_t length = strcspn(text, ",");
        if (!parse_clause(text, length, &clause, problem))
            return false;
        text += length;
        if (!*text)
            return true;
    }
}

static bool counts(const struct clause *clause, const struct finding *finding)
{
    if (finding->hidden_by || finding->live || finding->possible)
        return false;
    if (clause->kind)
        return finding->kind == clause->kind && finding->severity >= SEVERITY_WARNING;
    return finding->severity >= clause->severity;
}

/* What the clause gives: 0, 23 or 66. */
static int clause_status(const struct clause *clause, const struct run *run)
{
    uint64_t count = 0;
    int status = 0;
    for (size_t p = 0; p < run->process_count; p++)
        for (size_t i = 0; i < run->processes[p].finding_count; i++) {
            const struct finding *finding = run->processes[p].findings[i];
            if (!counts(clause, finding))
                continue;
            count += finding->count;
            if (finding->kind->class > status)
                status = finding->kind->class;
        }
    return count >= clause->least ? status : 0;
}

int fail_on_status(const char *text, const struct run *run)
{
    int status = 0;
    for (;; text++) {
        struct clause clause;
        struct problem problem;
        size_t length = strcspn(text, ",");
        if (parse_clause(text, length, &clause, &problem)) {
            int own = clause_status(&clause, run);
            status = own > status ? own : status;
        }
        text += length;
        if (!*text)
            return status;
    }
}
