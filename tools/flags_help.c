/* --help, from the tables. */
#include "flags.h"
#include "terminal.h"
#include <string.h>

static void help_row(FILE *out, const char *head, const char *help, const char *initial)
{
    char text[512];
    if (initial && *initial)
        snprintf(text, sizeof text, "%s (default %s)", help, initial);
    else
        snprintf(text, sizeof text, "%s", help);
    fprintf(out, "  %s\n", head);
    print_wrapped(out, text, terminal_width(out), 6);
}

const char *flags_initial(enum command command, enum option option)
{
    return command != COMMAND_RUN && option == OPTION_FAIL_ON ? "none"
                                                              : option_table[option].initial;
}

static void option_help(FILE *out, const struct option_info *row, const char *initial)
{
    static const char *const values[] = {
        [OPTION_TYPE_BOOL] = "on|off", [OPTION_TYPE_NUMBER] = "N", [OPTION_TYPE_TEXT] = "TEXT"};
    char name[48], head[80];
    snprintf(name, sizeof name, "%s", row->name);
    for (char *c = name; *c; c++)
        if (*c == '_')
            *c = '-';
    snprintf(head, sizeof head, "--%s=%s", name,
             row->type == OPTION_TYPE_WORD ? option_words(row->id) : values[row->type]);
    help_row(out, head, row->help, initial);
}

void flags_help(FILE *out, enum command command)
{
    const struct command_info *info = &command_table[command];
    fprintf(out, "Usage: holdfast %s %s\n\n", info->name, info->arguments);
    char sentence[256];
    snprintf(sentence, sizeof sentence, "%c%s.", info->help[0] & ~0x20, info->help + 1);
    print_wrapped(out, sentence, terminal_width(out), 0);
    fputs("\nOptions:\n", out);
    for (unsigned i = 0; i < FLAG_COUNT; i++) {
        const struct flag_info *row = &flag_table[i];
        if (!row->help || !(row->commands & 1u << command))
            continue;
        char head[80], letter[8] = "";
        if (row->letter)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        snprintf(head, sizeof head, "%s--%s%s%s", letter, row->name, *row->argument ? "=" : "",
                 row->argument);
        help_row(out, head, row->help, NULL);
    }
    bool headed = command != COMMAND_RUN;
    for (unsigned i = 0; i < OPTION_COUNT; i++) {
        if (!flags_takes_option(command, i) || !*option_table[i].help)
            continue;
        if (!headed)
            fputs("\nOptions of the watched program (also HOLDFAST_OPTIONS=name=value:…):\n", out);
        headed = true;
        option_help(out, &option_table[i], flags_initial(command, i));
    }
}

void commands_help(FILE *out)
{
    fputs("holdfast finds what a program leaves behind and what it does wrong with memory,\n"
          "descriptors, streams, threads and locks.\n\n",
          out);
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  holdfast %s %s\n", command_table[i].name, command_table[i].arguments);
        print_wrapped(out, command_table[i].help, terminal_width(out), 6);
    }
    fputs("\n`holdfast COMMAND --help` says more; `holdfast --version` names the version.\n", out);
}
