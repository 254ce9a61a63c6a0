/*
 * Writes the manual page (roff) from the tables that parsing and --help read. Run by the build:
 * make-manual > holdfast.1.
 */
#include "flags.h"
#include <string.h>

/* Text for roff: backslashes and hyphens escaped, no line begins with a control character. */
static void put(const char *text)
{
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '\n')
            fputs("\n.PP\n", stdout), text += text[1] == '\n';
        else
            putchar(*text);
    }
}

static void section(const char *title)
{
    printf(".SH %s\n", title);
}

static void item(const char *head, const char *argument, const char *text, const char *initial)
{
    fputs(".TP\n.B ", stdout);
    put(head);
    if (*argument) {
        fputs("\\fR=\\fI", stdout);
        put(argument);
    }
    fputs("\\fR\n", stdout);
    put(text);
    if (initial && *initial) {
        fputs(" (default ", stdout);
        put(initial);
        putchar(')');
    }
    putchar('\n');
}

static void flags_of(enum command command)
{
    for (unsigned i = 0; i < FLAG_COUNT; i++) {
        const struct flag_info *row = &flag_table[i];
        if (!row->help || !(row->commands & 1u << command))
            continue;
        char head[80];
        if (row->letter)
            snprintf(head, sizeof head, "-%c, --%s", row->letter, row->name);
        else
            snprintf(head, sizeof head, "--%s", row->name);
        item(head, row->argument, row->help, NULL);
    }
}

static void option_item(const struct option_info *row, const char *dashes, const char *initial)
{
    static const char *const arguments[] = {
        [OPTION_TYPE_BOOL] = "on|off", [OPTION_TYPE_NUMBER] = "N", [OPTION_TYPE_TEXT] = "TEXT"};
    char head[80];
    snprintf(head, sizeof head, "%s%s", dashes, row->name);
    item(head, row->type == OPTION_TYPE_WORD ? option_words(row->id) : arguments[row->type],
         row->help, initial);
}

static void borrowed_options_of(enum command command)
{
    for (unsigned i = 0; command != COMMAND_RUN && i < OPTION_COUNT; i++)
        if (flags_takes_option(command, i) && *option_table[i].help)
            option_item(&option_table[i], "--", flags_initial(command, i));
}

static void commands(void)
{
    section("COMMANDS");
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        const struct command_info *row = &command_table[i];
        fputs(".SS holdfast ", stdout);
        put(row->name);
        putchar(' ');
        put(row->arguments);
        putchar('\n');
        put(row->help);
        fputs(".\n", stdout);
        flags_of(i);
        borrowed_options_of(i);
    }
}

static void options(void)
{
    section("OPTIONS OF THE LIBRARY");
    fputs("Flags of\n.B holdfast run\n(with \\-\\- before the name), and words of\n"
          ".B HOLDFAST_OPTIONS\n.RI ( name = value : name = "
          "\"'value with : in it'\" ).\n",
          stdout);
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        if (*option_table[i].help)
            option_item(&option_table[i], "", option_table[i].initial);
}

static void kinds(void)
{
    static const char *const severities[] = {
        [SEVERITY_NOTE] = "note", [SEVERITY_WARNING] = "warning", [SEVERITY_ERROR] = "error"};
    section("FINDINGS");
    fputs("What each means, why it matters and how to fix it:\n.BI \"holdfast explain \" KIND\n",
          stdout);
    for (unsigned i = 0; i < kind_table_count; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s (%s).", kind_table[i].title,
                 severities[kind_table[i].severity]);
        item(kind_table[i].slug, "", text, NULL);
    }
}

static void statuses(void)
{
    static const struct {
        const char *status, *meaning;
    } rows[] = {
        {"the program's", "of run: its own status, 128+N when signal N ended it"},
        {"66", "of run: the program ended with 0, and a finding of wrong use reaches --fail-on"},
        {"23", "of run: the program ended with 0, and only what was left behind reaches --fail-on"},
        {"125",
         "of run: the program cannot be watched (static, set-id, other architecture or libc, "
         "glibc before 2.35), or there is no place for the recording"},
        {"126, 127", "of run: the program cannot be executed, was not found"},
        {"0, 1, 3", "of report: read; a finding reaches --fail-on; not a readable recording"},
        {"2", "wrong usage"},
    };
    section("EXIT STATUS");
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        item(rows[i].status, "", rows[i].meaning, NULL);
}

int main(void)
{
    fputs(".TH HOLDFAST 1 \"\" \"holdfast " HOLDFAST_VERSION "\" \"User Commands\"\n", stdout);
    section("NAME");
    fputs("holdfast \\- find what a program leaves behind and uses wrongly\n", stdout);
    section("SYNOPSIS");
    for (unsigned i = 0; i < COMMAND_COUNT; i++) {
        printf("%s.B holdfast %s\n", i ? ".br\n" : "", command_table[i].name);
        put(command_table[i].arguments);
        putchar('\n');
    }
    section("DESCRIPTION");
    fputs(
        "holdfast watches an unmodified, dynamically linked program through a preloaded library\n"
        "and reports, with exact call stacks, memory that nothing points to any more,\n"
        "descriptors, streams and threads that were left behind, threads that are blocked for\n"
        "good, and wrong use of memory, descriptors and threads.\n"
        ".PP\nThe recording of a process is written while it runs: after a crash, a kill or from\n"
        "another terminal\n.B holdfast report\nreads it all the same.\n",
        stdout);
    commands();
    options();
    kinds();
    statuses();
    section("ENVIRONMENT");
    item("HOLDFAST_OPTIONS", "", "options of the library, see above; flags win", NULL);
    item("XDG_STATE_HOME", "",
         "recordings go to $XDG_STATE_HOME/holdfast, else to /tmp/holdfast-UID; the newest 20 runs "
         "(1 GB) are kept",
         NULL);
    item("NO_COLOR", "", "no colours, as with --color=never", NULL);
    section("EXAMPLES");
    fputs(".nf\nholdfast run \\-\\- ./server \\-\\-port 8080\n"
          "holdfast run \\-\\-fail\\-on=fd\\-leak \\-\\- make check\n"
          "holdfast report 1234\n"
          "LD_PRELOAD=libholdfast.so ./server\n.fi\n",
          stdout);
    return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
