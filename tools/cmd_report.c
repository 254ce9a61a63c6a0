/* holdfast report: read a recording, a run's folder or a live process, and report. */
#include "flags.h"
#include "folder.h"
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
    struct report_options options = {
        .format = flags.flag[FLAG_FORMAT],
        .output = flags.flag[FLAG_OUTPUT],
        .fail_on = flags.option[OPTION_FAIL_ON],
        .suppressions = flags.option[OPTION_SUPPRESSIONS],
        .color = flags.flag[FLAG_COLOR],
        .blocked_threshold = flags_option_number(&flags, OPTION_BLOCKED_THRESHOLD),
        .all = flags_on(&flags, FLAG_ALL),
        .watched = flags_on(&flags, FLAG_WATCHED),
        .show_unused_rules = flags_on(&flags, FLAG_SHOW_UNUSED_RULES),
        .quiet = flags_on(&flags, FLAG_QUIET),
        .to_stderr = flags_on(&flags, FLAG_FROM_SHIM),
    };
    struct arena arena = {0};
    struct report_result result = {0};
    status = report_check_options(&options);
    const char *path = status ? NULL : folder_find(&arena, flags.arguments[0]);
    if (!status)
        status = path ? report_path(path, &options, &result) : STATUS_UNREADABLE;
    arena_finish(&arena);
    return status ? status : result.fail_status ? STATUS_FAILED : STATUS_OK;
}
