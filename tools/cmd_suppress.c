/* holdfast suppress: rules that hide what a recording holds, for a file for --suppressions. */
#include "flags.h"
#include "folder.h"
#include "report.h"

int cmd_suppress(int argc, char **argv)
{
    struct flags flags;
    int status = flags_parse(&flags, COMMAND_SUPPRESS, argc, argv);
    if (status >= 0)
        return status;
    if (flags.argument_count > 1) {
        say_error("`suppress` takes one recording, folder or pid, not %d.", flags.argument_count);
        return STATUS_USAGE;
    }
    struct report_options options = {
        .format = "suppressions",
        .output = flags.flag[FLAG_OUTPUT],
        .suppressions = flags.option[OPTION_SUPPRESSIONS], /* what they hide needs no new rule */
        .blocked_threshold = flags_option_number(&flags, OPTION_BLOCKED_THRESHOLD),
    };
    struct arena arena = {0};
    const char *path = folder_find(&arena, flags.arguments[0]);
    status = path ? report_path(path, &options, NULL) : STATUS_UNREADABLE;
    arena_finish(&arena);
    return status;
}
