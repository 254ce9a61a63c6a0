#include "flags.h"
#include "suppress_rule.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word, *slug;
} groups[] = {
#define GROUP(word, slug) {word, slug},
#include "groups.def"
#undef GROUP
};
#define GROUP_COUNT (sizeof groups / sizeof groups[0])

static void add_kind(struct rule *rule, const struct kind_info *kind)
{
    if (kind && kind->number < KIND_END)
        rule->kinds[kind->number / 8] |= (uint8_t)(1u << kind->number % 8);
}

bool rule_add_kinds(struct rule *rule, const char *word)
{
    bool found = false;
    if (!strcmp(word, "*"))
        return rule->every_kind = true;
    for (unsigned i = 0; i < GROUP_COUNT; i++)
        if (!strcmp(groups[i].word, word) || !strcmp(groups[i].slug, word)) {
            found = true;
            add_kind(rule, kind_by_slug(groups[i].slug));
        }
    const struct kind_info *kind = kind_by_slug(word);
    add_kind(rule, kind);
    return found || kind;
}

static const char *rule_word(unsigned i)
{
    if (i < kind_table_count)
        return kind_table[i].slug;
    i -= kind_table_count;
    return i < GROUP_COUNT ? groups[i].word : NULL;
}

static bool bad(struct rule_source *source, struct problem *problem, const char *what,
                const char *about)
{
    problem_set(problem, "%s:%u: %s: \"%s\".", source->file, source->line, what, about);
    return false;
}

/* The last word of a rule when it is a condition, with or without the brackets; NULL otherwise. */
static char *condition_of(char *pattern)
{
    char *last = strrchr(pattern, ' ');
    char *word = last ? last + 1 : strchr(pattern, '[');
    return word && (!strncmp(word, "[count", 6) || (last && !strncmp(word, "count<", 6))) ? word
                                                                                          : NULL;
}

/* " [count<=N]" or " count<=N" at the end; cut off when it is there. */
static bool take_count(struct rule *rule, struct rule_source *source, char *pattern,
                       struct problem *problem)
{
    char *word = condition_of(pattern);
    if (!word)
        return true;
    char *end, *number = word + (*word == '[') + 7;
    if (strncmp(number - 7, "count<=", 7) || !isdigit((unsigned char)*number))
        return bad(source, problem, "a condition is written [count<=N], not", word);
    rule->count_max = strtoull(number, &end, 10);
    if (strcmp(end, *word == '[' ? "]" : "") || !rule->count_max)
        return bad(source, problem, "a condition is written [count<=N] with N above 0, not", word);
    while (word > pattern && isspace((unsigned char)word[-1]))
        word--;
    *word = 0;
    return true;
}

static bool take_offset(const char *text, uint64_t *ret_offset)
{
    char *end;
    if (!isxdigit((unsigned char)*text))
        return false;
    bool hex = !strncmp(text, "0x", 2);
    *ret_offset = strtoull(text, &end, hex ? 16 : 10);
    return !*end;
}

static unsigned hex_digit(char c)
{
    return isdigit((unsigned char)c) ? (unsigned)c - '0' : (unsigned)(c | 0x20) - 'a' + 10;
}

/* build-id+offset: 8 to 40 hex digits, '+', a number (hexadecimal without 0x, too). */
static bool take_build_id(struct rule *rule, const char *text)
{
    size_t digits = strspn(text, "0123456789abcdefABCDEF");
    if (digits < 8 || digits > 40 || digits % 2 || text[digits] != '+')
        return false;
    char *end;
    rule->offset = strtoull(text + digits + 1, &end, 16);
    if (*end || end == text + digits + 1)
        return false;
    rule->build_id_size = (unsigned)(digits / 2);
    for (unsigned i = 0; i < rule->build_id_size; i++)
        rule->build_id[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return rule->has_offset = true;
}

static void take_pattern(struct rule *rule, struct arena *arena, const char *pattern)
{
    const char *mark = strrchr(pattern, '!');
    rule->pattern = pattern;
    if (take_build_id(rule, pattern)) {
        rule->pattern = NULL;
    } else if (mark && mark > pattern && take_offset(mark + 1, &rule->offset)) {
        rule->object = arena_text(arena, pattern, (size_t)(mark - pattern));
        rule->has_offset = true;
        rule->pattern = NULL;
    }
}

bool rule_parse_line(struct rule *rule, struct rule_source *source, char *line,
                     struct problem *problem)
{
    rule->text = arena_text(source->arena, line, strlen(line));
    char *colon = strchr(line, ':');
    if (!colon)
        return bad(source, problem, "a rule is written KIND:PATTERN, not", line);
    *colon = 0;
    char *pattern = colon + 1 + strspn(colon + 1, " \t");
    if (!take_count(rule, source, pattern, problem))
        return false;
    if (!*pattern)
        return bad(source, problem, "the rule has no pattern", rule->text);
    size_t length = strlen(line);
    if (!strcmp(line, "called_from_lib")) {
        rule->form = RULE_CALLER;
        rule->every_kind = true;
    } else {
        if (length > 4 && !strcmp(line + length - 4, "_top")) {
            rule->form = RULE_TOP;
            line[length - 4] = 0;
        }
        if (!rule_add_kinds(rule, line)) {
            const char *near = nearest_word(line, rule_word);
            if (near)
                problem_set(problem, "%s:%u: there is no kind \"%s\"; did you mean %s?",
                            source->file, source->line, line, near);
            else
                problem_set(problem,
                            "%s:%u: there is no kind \"%s\" (`holdfast explain` lists them).",
                            source->file, source->line, line);
            return false;
        }
    }
    take_pattern(rule, source->arena, pattern);
    return true;
}
