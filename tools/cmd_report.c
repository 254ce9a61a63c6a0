/* holdfast report: read a recording, a run's folder or a live process, and report. */
#include "flags.h"
#include "folder.h"
#include "report.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the argument names: a path, or a pid when there is no such file; the newest run without one.
   NULL after one sentence on stderr. */
static const char *find_recording(struct arena *arena, const char *argument)
{
    if (!argument) {
        struct run_folder *runs;
        if (folder_runs(arena, NULL, &runs))
            return runs[0].path;
        say_error("there are no recordings yet; `holdfast run PROGRAM` makes one.");
        return NULL;
    }
    size_t digits = strspn(argument, "0123456789");
    if (!digits || argument[digits] || digits > 9 || !access(argument, F_OK))
        return argument;
    const char *path = folder_find_pid(arena, atoi(argument));
    if (!path)
        say_error("there is no recording of process %s: it was not started under holdfast, or "
                  "records elsewhere.",
                  argument);
    return path;
}

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
        .show_unused_rules = flags_on(&flags, FLAG_SHOW_UNUSED_RULES),
        .quiet = flags_on(&flags, FLAG_QUIET),
        .to_stderr = flags_on(&flags, FLAG_FROM_SHIM),
    };
    struct arena arena = {0};
    struct report_result result = {0};
    status = report_check_options(&options);
    const char *path = status ? NULL : find_recording(&arena, flags.arguments[0]);
    if (!status)
        status = path ? report_path(path, &options, &result) : STATUS_UNREADABLE;
    arena_finish(&arena);
    return status ? status : result.fail_status ? STATUS_FAILED : STATUS_OK;
}
