#include "state/options.h"

#include "base/memory.h"
#include "base/say.h"

struct options options;

static bool parse_bool(const char *value, uint64_t *ret)
{
    static const char *const words[2][5] = {{"0", "off", "no", "false", NULL},
                                            {"1", "on", "yes", "true", ""}};
    for (int b = 0; b < 2; b++)
        for (int i = 0; i < 5; i++)
            if (words[b][i] && text_equal(value, words[b][i])) {
                *ret = (uint64_t)b;
                return true;
            }
    return false;
}

static bool parse_number(const struct option_info *option, const char *value, uint64_t *ret)
{
    size_t length = text_length(value);
    uint64_t factor = 1, number;
    if (length) {
        char unit = (char)(value[length - 1] | 0x20);
        factor = unit == 'k' ? 1u << 10 : unit == 'm' ? 1u << 20 : unit == 'g' ? 1u << 30 : 1;
        if (factor > 1)
            length--;
    }
    if (!text_number(value, length, &number) || number > UINT64_MAX / factor ||
        number * factor < option->least || number * factor > option->most)
        return false;
    *ret = number * factor;
    return true;
}

static bool set(const struct option_info *option, const char *value)
{
    switch ((enum option_type)option->type) {
    case OPTION_TYPE_BOOL:
        return parse_bool(value, &options.number[option->id]);
    case OPTION_TYPE_NUMBER:
        return parse_number(option, value, &options.number[option->id]);
    case OPTION_TYPE_WORD:
        if (!option_word_fits(option->id, value))
            return false;
        options.text[option->id] = value;
        return true;
    case OPTION_TYPE_TEXT:
        options.text[option->id] = value;
        return true;
    }
    return false;
}

/* Copies one value out of `at`, taking quotes away; returns where it ends (a ':' or the end). */
static const char *take_value(const char *at, char *value, size_t room)
{
    size_t length = 0;
    char quote = 0;
    for (; *at && (quote || *at != ':'); at++) {
        if (!quote && (*at == '\'' || *at == '"'))
            quote = *at;
        else if (quote && *at == quote)
            quote = 0;
        else if (length + 1 < room)
            value[length++] = *at;
    }
    value[length] = '\0';
    return at;
}

static void read_word(const char *name, const char *value)
{
    const struct option_info *option = option_by_name(name);
    if (!option) {
        say_with("unknown option in HOLDFAST_OPTIONS is ignored", name);
        return;
    }
    const char *kept = value;
    if (option->type == OPTION_TYPE_TEXT || option->type == OPTION_TYPE_WORD) {
        size_t size = text_length(value) + 1;
        char *copy = arena_alloc(size);
        if (!copy)
            return;
        mem_copy(copy, value, size);
        kept = copy;
    }
    if (!set(option, kept))
        say_with("value that this option cannot have is ignored", name);
}

void options_read(const char *text)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        options.text[i] = "";
        set(&option_table[i], option_table[i].initial);
    }
    for (const char *at = text ? text : ""; *at;) {
        char name[64], value[4096];
        size_t length = 0;
        while (*at && *at != '=' && *at != ':') {
            if (length + 1 < sizeof name)
                name[length++] = *at == '-' ? '_' : *at;
            at++;
        }
        name[length] = '\0';
        value[0] = '\0';
        if (*at == '=')
            at = take_value(at + 1, value, sizeof value);
        if (*at == ':')
            at++;
        if (length)
            read_word(name, value);
    }
}
