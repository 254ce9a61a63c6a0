/* holdfast run: start a program under the shim, then report. */
#include "flags.h"

int cmd_run(int argc, char **argv)
{
    struct flags flags;
    int status = flags_parse(&flags, COMMAND_RUN, argc, argv);
    if (status >= 0)
        return status;
    say_error("this build cannot run programs yet.");
    return STATUS_USAGE;
}
