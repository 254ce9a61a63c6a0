#include "flags.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct command_info command_table[COMMAND_COUNT] = {
#define COMMAND(id, name, arguments, help) {#name, arguments, help, cmd_##name},
#include "commands.def"
#undef COMMAND
};

const struct flag_info flag_table[FLAG_COUNT] = {
#define FLAG(id, name, letter, type, argument, commands, help)                                     \
    {name, letter, OPTION_TYPE_##type, argument, commands, help},
#define BORROW(id, commands)
#include "flags.def"
#undef FLAG
#undef BORROW
};

static const unsigned borrowed[OPTION_COUNT] = {
#define FLAG(id, name, letter, type, argument, commands, help)
#define BORROW(id, commands) [OPTION_##id] = commands,
#include "flags.def"
#undef FLAG
#undef BORROW
};

void say_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("holdfast: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

bool flags_takes_option(enum command command, enum option option)
{
    return command == COMMAND_RUN || borrowed[option] & 1u << command;
}

bool option_bool(const char *text, bool *ret_on)
{
    static const char *const on[] = {"on", "yes", "true", "1"}, *const off[] = {"off", "no",
                                                                                "false", "0"};
    for (unsigned i = 0; i < 4; i++) {
        if (!strcmp(text, on[i]))
            return *ret_on = true;
        if (!strcmp(text, off[i])) {
            *ret_on = false;
            return true;
        }
    }
    return false;
}

bool option_number(const struct option_info *option, const char *text, uint64_t *ret_number)
{
    if (*text < '0' || *text > '9')
        return false;
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    unsigned shift = 0;
    switch (*end | 0x20) {
    case 'k':
        shift = 10;
        break;
    case 'm':
        shift = 20;
        break;
    case 'g':
        shift = 30;
        break;
    }
    if (shift)
        end++;
    if (*end || number > UINT64_MAX >> shift)
        return false;
    number <<= shift;
    if (number < option->least || number > option->most)
        return false;
    *ret_number = number;
    return true;
}

/* Names match with '-' and '_' alike: options are written with '_' in HOLDFAST_OPTIONS. */
static bool same_name(const char *name, const char *given, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char a = name[i] == '_' ? '-' : name[i], b = given[i] == '_' ? '-' : given[i];
        if (!a || a != b)
            return false;
    }
    return !name[length];
}

/* A flag or a borrowed option under one view. */
struct match {
    const char *name;
    enum option_type type;
    const struct option_info *option; /* NULL for the command's own */
    const char **value;
};

static bool find_flag(struct flags *flags, const char *name, size_t length, struct match *ret)
{
    for (unsigned i = 0; i < FLAG_COUNT; i++)
        if (flag_table[i].commands & 1u << flags->command &&
            same_name(flag_table[i].name, name, length)) {
            *ret = (struct match){flag_table[i].name, flag_table[i].type, NULL, &flags->flag[i]};
            return true;
        }
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        if (flags_takes_option(flags->command, i) &&
            same_name(option_table[i].name, name, length)) {
            *ret = (struct match){option_table[i].name, option_table[i].type, &option_table[i],
                                  &flags->option[i]};
            return true;
        }
    return false;
}

static enum command candidates_of;
static const char *candidate(unsigned i)
{
    unsigned seen = 0;
    for (unsigned k = 0; k < FLAG_COUNT; k++)
        if (flag_table[k].help && flag_table[k].commands & 1u << candidates_of && seen++ == i)
            return flag_table[k].name;
    for (unsigned k = 0; k < OPTION_COUNT; k++)
        if (flags_takes_option(candidates_of, k) && *option_table[k].help && seen++ == i)
            return option_table[k].name;
    return NULL;
}

static int unknown_flag(enum command command, const char *given)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(given + 2, "="), given + 2);
    candidates_of = command;
    const char *near = nearest_word(name, candidate);
    if (near)
        say_error("`%s` has no option --%s; did you mean --%s?", command_table[command].name, name,
                  near);
    else
        say_error("`%s` has no option --%s (see `holdfast %s --help`).",
                  command_table[command].name, name, command_table[command].name);
    return STATUS_USAGE;
}

/* Checks a value against type and range; stores it. */
static int store(const struct match *match, const char *value)
{
    bool on;
    uint64_t number;
    switch (match->type) {
    case OPTION_TYPE_BOOL:
        if (!option_bool(value, &on)) {
            say_error("--%s is on or off, not \"%s\".", match->name, value);
            return STATUS_USAGE;
        }
        value = on ? "on" : "off";
        break;
    case OPTION_TYPE_NUMBER:
        if (!option_number(match->option, value, &number)) {
            say_error("--%s takes a number from %llu to %llu (k, m and g may follow), not \"%s\".",
                      match->name, (unsigned long long)match->option->least,
                      (unsigned long long)match->option->most, value);
            return STATUS_USAGE;
        }
        break;
    case OPTION_TYPE_WORD:
        if (!option_word_fits(match->option->id, value)) {
            say_error("--%s is one of %s, not \"%s\".", match->name,
                      option_words(match->option->id), value);
            return STATUS_USAGE;
        }
        break;
    case OPTION_TYPE_TEXT:
        break;
    }
    *match->value = value;
    return -1;
}

/* --name, --name=value, --name value, --no-name. *index moves past a value of its own. */
static int parse_long(struct flags *flags, int argc, char **argv, int *index)
{
    const char *given = argv[*index] + 2, *equals = strchr(given, '=');
    size_t length = equals ? (size_t)(equals - given) : strlen(given);
    struct match match;
    if (find_flag(flags, given, length, &match)) {
        if (equals)
            return store(&match, equals + 1);
        if (match.type == OPTION_TYPE_BOOL)
            return store(&match, "on");
        if (*index + 1 >= argc) {
            say_error("--%s needs a value.", match.name);
            return STATUS_USAGE;
        }
        return store(&match, argv[++*index]);
    }
    if (!equals && !strncmp(given, "no-", 3) && find_flag(flags, given + 3, length - 3, &match) &&
        match.type == OPTION_TYPE_BOOL)
        return store(&match, "off");
    return unknown_flag(flags->command, argv[*index]);
}

/* -o FILE, -oFILE, -a */
static int parse_short(struct flags *flags, int argc, char **argv, int *index)
{
    const char *given = argv[*index] + 1;
    for (unsigned i = 0; i < FLAG_COUNT; i++) {
        const struct flag_info *row = &flag_table[i];
        if (row->letter != *given || !(row->commands & 1u << flags->command))
            continue;
        struct match match = {row->name, row->type, NULL, &flags->flag[i]};
        if (match.type == OPTION_TYPE_BOOL && !given[1])
            return store(&match, "on");
        if (match.type == OPTION_TYPE_BOOL)
            break;
        if (given[1])
            return store(&match, given + 1);
        if (*index + 1 < argc)
            return store(&match, argv[++*index]);
        say_error("-%c needs a value.", row->letter);
        return STATUS_USAGE;
    }
    say_error("`%s` has no option %s (see `holdfast %s --help`).",
              command_table[flags->command].name, argv[*index], command_table[flags->command].name);
    return STATUS_USAGE;
}

int flags_parse(struct flags *flags, enum command command, int argc, char **argv)
{
    *flags = (struct flags){.command = command, .arguments = argv + 1};
    int kept = 0, i = 1;
    for (; i < argc; i++) {
        int status = -1;
        if (!strcmp(argv[i], "--")) {
            i++;
            break;
        }
        if (argv[i][0] == '-' && argv[i][1] == '-')
            status = parse_long(flags, argc, argv, &i);
        else if (argv[i][0] == '-' && argv[i][1])
            status = parse_short(flags, argc, argv, &i);
        else if (command == COMMAND_RUN)
            break;
        else
            flags->arguments[kept++] = argv[i];
        if (status >= 0)
            return status;
    }
    while (i < argc)
        flags->arguments[kept++] = argv[i++];
    flags->arguments[kept] = NULL;
    flags->argument_count = kept;
    if (flags_on(flags, FLAG_HELP)) {
        flags_help(stdout, command);
        return STATUS_OK;
    }
    return -1;
}

bool flags_on(const struct flags *flags, enum flag flag)
{
    return flags->flag[flag] && !strcmp(flags->flag[flag], "on");
}

const char *flags_option(const struct flags *flags, enum option option)
{
    return flags->option[option] ? flags->option[option] : option_table[option].initial;
}

uint64_t flags_option_number(const struct flags *flags, enum option option)
{
    uint64_t number = 0;
    option_number(&option_table[option], flags_option(flags, option), &number);
    return number;
}
