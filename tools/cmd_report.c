/* holdfast report: read a recording, a run's folder or a live process, and report. */
#include "flags.h"
#include "report.h"

int cmd_report(int argc, char **argv)
{
    struct flags flags;
    int status = flags_parse(&flags, COMMAND_REPORT, argc, argv);
    if (status >= 0)
        return status;
    if (flags.argument_count > 1) {
        say_error("`report` takes one recording, folder or pid, not %d.", flags.argument_count);
        return STATUS_USAGE;
    }
    say_error("this build cannot read recordings yet.");
    return STATUS_UNREADABLE;
}
