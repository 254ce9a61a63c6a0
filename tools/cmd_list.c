/* holdfast list: the recordings at hand. */
#include "flags.h"

int cmd_list(int argc, char **argv)
{
    struct flags flags;
    int status = flags_parse(&flags, COMMAND_LIST, argc, argv);
    if (status >= 0)
        return status;
    say_error("this build cannot list recordings yet.");
    return STATUS_UNREADABLE;
}
