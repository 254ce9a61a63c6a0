#include "options.h"
#include <stdlib.h>
#include <string.h>

/* Copies one value out of `at`, taking quotes away; returns where it ends (a ':' or the end).
   Quotes may stand anywhere in it, as in a shell's words. */
static const char *take_value(const char *at, char *value)
{
    char quote = 0;
    for (; *at && (quote || *at != ':'); at++) {
        if (!quote && (*at == '\'' || *at == '"'))
            quote = *at;
        else if (quote && *at == quote)
            quote = 0;
        else
            *value++ = *at;
    }
    *value = '\0';
    return at;
}

static bool value_fits(const struct option_info *option, const char *value)
{
    bool on;
    uint64_t number;
    switch ((enum option_type)option->type) {
    case OPTION_TYPE_BOOL:
        return option_bool(value, &on);
    case OPTION_TYPE_NUMBER:
        return option_number(option, value, &number);
    case OPTION_TYPE_WORD:
        return option_word_fits(option->id, value);
    case OPTION_TYPE_TEXT:
        return true;
    }
    return false;
}

static int take_option(struct flags *flags, const char *name, const char *value)
{
    const struct option_info *option = option_by_name(name);
    if (!option) {
        say_error("HOLDFAST_OPTIONS has no option \"%s\".", name);
        return STATUS_USAGE;
    }
    if (option->type == OPTION_TYPE_BOOL && !*value)
        value = "on";
    if (!value_fits(option, value)) {
        say_error("HOLDFAST_OPTIONS: %s cannot be \"%s\".", name, value);
        return STATUS_USAGE;
    }
    if (!flags->option[option->id])
        flags->option[option->id] = value;
    return 0;
}

int options_from_text(struct flags *flags, const char *text)
{
    /* What the text says of one option twice, the last word decides: so keep apart from the flags
       until all of it is read. */
    struct flags given = {.command = flags->command};
    for (const char *at = text ? text : ""; *at;) {
        size_t length = strcspn(at, "=:");
        char *name = strndup(at, length), *value = malloc(strlen(at) + 1);
        if (!name || !value)
            abort();
        for (char *letter = name; *letter; letter++)
            if (*letter == '-')
                *letter = '_';
        at += length;
        *value = '\0';
        if (*at == '=')
            at = take_value(at + 1, value);
        if (*at == ':')
            at++;
        const struct option_info *option = length ? option_by_name(name) : NULL;
        if (option)
            given.option[option->id] = NULL;
        int status = length ? take_option(&given, name, value) : 0;
        free(name);
        if (status)
            return status;
    }
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        if (!flags->option[i])
            flags->option[i] = given.option[i];
    return 0;
}

static void put_value(FILE *out, const char *value)
{
    if (!strpbrk(value, ":'\"")) {
        fputs(value, out);
        return;
    }
    /* Runs without an apostrophe stand in apostrophes, runs of them in double quotes. */
    while (*value) {
        size_t apostrophes = strspn(value, "'"),
               length = apostrophes + strcspn(value + apostrophes, "'");
        if (apostrophes)
            fprintf(out, "\"%.*s\"", (int)apostrophes, value);
        if (length > apostrophes)
            fprintf(out, "'%.*s'", (int)(length - apostrophes), value + apostrophes);
        value += length;
    }
}

char *options_to_text(const struct flags *flags, unsigned except)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        if (!flags->option[i] || except & 1u << i)
            continue;
        fprintf(out, "%s%s=", ftell(out) ? ":" : "", option_table[i].name);
        put_value(out, flags->option[i]);
    }
    bool empty = !ftell(out);
    fclose(out);
    if (empty) {
        free(text);
        return NULL;
    }
    return text;
}
