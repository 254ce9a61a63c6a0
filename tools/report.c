#include "report.h"
#include "flags.h"

int report_check_options(const struct report_options *options)
{
    return 0;
}

int report_path(const char *path, const struct report_options *options,
                struct report_result *ret_result)
{
    say_error("this build cannot read recordings yet.");
    return STATUS_UNREADABLE;
}
