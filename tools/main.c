/* The holdfast command: picks the subcommand. */
#include "flags.h"
#include <string.h>

static const char *command_name(unsigned i)
{
    return i < COMMAND_COUNT ? command_table[i].name : NULL;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        commands_help(stderr);
        return STATUS_USAGE;
    }
    const char *name = argv[1];
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        commands_help(stdout);
        return STATUS_OK;
    }
    if (!strcmp(name, "--version")) {
        puts("holdfast " HOLDFAST_VERSION);
        return STATUS_OK;
    }
    for (unsigned i = 0; i < COMMAND_COUNT; i++)
        if (!strcmp(name, command_table[i].name))
            return command_table[i].function(argc - 1, argv + 1);
    const char *near = nearest_word(name, command_name);
    if (near)
        say_error("there is no command \"%s\"; did you mean `holdfast %s`?", name, near);
    else
        say_error("there is no command \"%s\" (see `holdfast --help`).", name);
    return STATUS_USAGE;
}
