/*
 * One report: from a recording, a folder of recordings (a run) or a live process to text or data.
 * Used by `holdfast report` and, after the program ended, by `holdfast run`.
 */
#ifndef HOLDFAST_TOOLS_REPORT_H
#define HOLDFAST_TOOLS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct report_options {
    const char *format;         /* a row of formats.def; NULL = text */
    const char *output;         /* file; NULL = stdout (stderr with to_stderr) */
    const char *fail_on;        /* see options.def; NULL = nothing fails */
    const char *suppressions;   /* files, separated by commas; NULL or "" none */
    const char *color;          /* auto, always, never; NULL = auto */
    uint64_t blocked_threshold; /* ms, for live processes; 0 = the default */
    uint64_t run_id;            /* of a folder only the recordings of this run; 0 = all */
    bool all;                   /* everything, not only the most important */
    bool watched;               /* what was watched of code, module by module */
    bool show_unused_rules;
    bool quiet;     /* no text report; formats for programs are written all the same */
    bool to_stderr; /* text for a person beside the program's own output */
};

struct report_result {
    int fail_status; /* 0, or what `run` ends with: 66 (wrong use) or 23 (left behind) */
    unsigned processes;
    uint64_t errors, warnings, notes; /* findings, suppressed ones not counted */
    uint64_t suppressed;
};

/* path: a recording or a folder of recordings. Prints the report. Returns 0, STATUS_USAGE (bad
   option or rules: said on stderr) or STATUS_UNREADABLE (said on stderr). result may be NULL. */
int report_path(const char *path, const struct report_options *options,
                struct report_result *ret_result);

/* Checks format, fail_on, color and suppressions without reading a recording, so that `run` can
   refuse before it starts the program. Returns 0 or STATUS_USAGE after one sentence on stderr. */
int report_check_options(const struct report_options *options);

#endif
