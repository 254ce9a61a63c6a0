/*
 * The command line: which subcommands there are, which flags they take, and reading them.
 *
 * Used by every cmd_*.c. Rows come from commands.def, flags.def and shim/format/options.def;
 * parsing,
 * --help and the manual page all read the same tables. Not for use from several threads.
 */
#ifndef HOLDFAST_TOOLS_FLAGS_H
#define HOLDFAST_TOOLS_FLAGS_H

#include "format/tables.h"
#include <stdbool.h>
#include <stdio.h>

/* Exit statuses of the command (`run` has more: see cmd_run.c). */
enum { STATUS_OK = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, STATUS_UNREADABLE = 3 };

enum command {
#define COMMAND(id, name, arguments, help) COMMAND_##id,
#include "commands.def"
#undef COMMAND
    COMMAND_COUNT
};

enum {
#define COMMAND(id, name, arguments, help) ON_##id = 1u << COMMAND_##id,
#include "commands.def"
#undef COMMAND
};

#define COMMAND(id, name, arguments, help) int cmd_##name(int argc, char **argv);
#include "commands.def"
#undef COMMAND

enum flag {
#define FLAG(id, name, letter, type, argument, commands, help) FLAG_##id,
#define BORROW(id, commands)
#include "flags.def"
#undef FLAG
#undef BORROW
    FLAG_COUNT
};

struct command_info {
    const char *name, *arguments, *help;
    int (*function)(int argc, char **argv);
};
struct flag_info {
    const char *name;
    char letter;
    uint8_t type; /* enum option_type */
    const char *argument;
    unsigned commands; /* bits ON_* */
    const char *help;
};
extern const struct command_info command_table[COMMAND_COUNT];
extern const struct flag_info flag_table[FLAG_COUNT];

/* What was given. NULL = not given; BOOL values are "on" or "off". */
struct flags {
    enum command command;
    const char *flag[FLAG_COUNT];
    const char *option[OPTION_COUNT]; /* as given: checked against type and range */
    int argument_count;               /* what is no flag */
    char **arguments;                 /* points into argv, which is reordered */
};

/* Reads argv[1…] for command (argv[0] is its name). `run` stops at the first word that is no flag;
   the others take flags anywhere; "--" ends the flags. Returns -1 to go on, or the status to exit
   with: STATUS_OK after --help was printed, STATUS_USAGE after one sentence on stderr. */
int flags_parse(struct flags *flags, enum command command, int argc, char **argv);

bool flags_on(const struct flags *flags, enum flag flag);
/* The text of an option of the shim, or its default. */
const char *flags_option(const struct flags *flags, enum option option);
uint64_t flags_option_number(const struct flags *flags, enum option option);

/* What an option of the shim is for command when it is not given: a report alone fails only when it
   is asked to. */
const char *flags_initial(enum command command, enum option option);

/* Does command take this option of the shim as a flag? */
bool flags_takes_option(enum command command, enum option option);

/* "16g", "32", "4k" within the option's range. False when it is no such number. */
bool option_number(const struct option_info *option, const char *text, uint64_t *ret_number);
/* on/off, yes/no, true/false, 1/0 */
bool option_bool(const char *text, bool *ret_on);

void flags_help(FILE *out, enum command command);
void commands_help(FILE *out);

/* One sentence on stderr, "holdfast: …". */
__attribute__((format(printf, 1, 2))) void say_error(const char *format, ...);

/* The candidate nearest to word by edit distance, NULL when none is near. next(i) yields candidates
   until NULL. */
const char *nearest_word(const char *word, const char *(*next)(unsigned i));

#endif
