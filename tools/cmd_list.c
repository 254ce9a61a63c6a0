/* holdfast list: the recordings at hand, newest run first. */
#include "flags.h"
#include "folder.h"
#include "model.h"
#include "terminal.h"
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RUNS_SHOWN 20

static const char *state_of(const struct recording *recording)
{
    const struct recording_header *header = &recording->header;
    if (header->state == PROCESS_EXECED || header->ending == ENDING_EXEC)
        return "replaced";
    if (header->ending == ENDING_CRASH)
        return "crashed";
    if (header->state == PROCESS_ENDED)
        return "ended";
    if (!recording_is_live(recording))
        return "killed";
    return header->state == PROCESS_ENDING ? "ending" : "running";
}

static void count_findings(const struct recording *recording, unsigned ret_counts[4])
{
    uint64_t count = recording_count(recording, SECTION_FINDINGS);
    memset(ret_counts, 0, 4 * sizeof *ret_counts);
    for (uint64_t i = 0; i < count; i++) {
        struct finding_row row;
        if (recording_row(recording, SECTION_FINDINGS, i, &row, sizeof row) && row.severity < 4)
            ret_counts[row.severity]++;
    }
}

static void print_findings(const struct recording *recording, bool color)
{
    static const char *const words[] = {NULL, "note", "warning", "error"}, *const colors[] = {
                                                                               "", "\033[36m",
                                                                               "\033[33m",
                                                                               "\033[31m"};
    unsigned counts[4];
    const char *before = "";
    count_findings(recording, counts);
    for (unsigned severity = SEVERITY_ERROR; severity >= SEVERITY_NOTE; severity--) {
        if (!counts[severity])
            continue;
        printf("%s%s%u %s%s%s", before, color ? colors[severity] : "", counts[severity],
               words[severity], counts[severity] == 1 ? "" : "s", color ? "\033[0m" : "");
        before = ", ";
    }
    puts(*before ? "" : "-");
}

static void print_recording(const char *path, bool color)
{
    struct problem problem;
    struct recording *recording = recording_open(path, &problem);
    if (!recording) {
        printf("  %s\n", problem.text);
        return;
    }
    const char *program = recording_string(recording, recording->header.program);
    const char *slash = strrchr(program, '/');
    time_t seconds = (time_t)(recording->header.start_real_time / 1000000000);
    struct tm parts;
    char when[32] = "?";
    if (localtime_r(&seconds, &parts))
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &parts);
    printf("  %-19s  %-20.20s %8d  %-9s ", when, slash ? slash + 1 : program, recording->header.pid,
           state_of(recording));
    print_findings(recording, color);
    recording_close(recording);
}

int cmd_list(int argc, char **argv)
{
    struct flags flags;
    bool color;
    int status = flags_parse(&flags, COMMAND_LIST, argc, argv);
    if (status >= 0)
        return status;
    if (flags.argument_count > 1) {
        say_error("`list` takes one folder, not %d.", flags.argument_count);
        return STATUS_USAGE;
    }
    if (!terminal_color(flags.flag[FLAG_COLOR], stdout, &color)) {
        say_error("--color is auto, always or never, not \"%s\".", flags.flag[FLAG_COLOR]);
        return STATUS_USAGE;
    }
    if (flags.argument_count && access(flags.arguments[0], R_OK | X_OK)) {
        say_error("cannot read %s: %s.", flags.arguments[0], strerror(errno));
        return STATUS_UNREADABLE;
    }
    recording_guard_mappings();
    struct arena arena = {0};
    struct run_folder *runs;
    size_t count = folder_runs(&arena, flags.arguments[0], &runs);
    if (!count)
        puts("There are no recordings yet; `holdfast run PROGRAM` makes one.");
    else
        printf("  %-19s  %-20s %8s  %-9s %s\n", "started", "program", "pid", "state", "findings");
    for (size_t i = 0; i < count; i++) {
        const char **paths;
        if (i == RUNS_SHOWN && !flags_on(&flags, FLAG_ALL)) {
            printf("… and %zu older runs (--all shows them).\n", count - i);
            break;
        }
        printf("%s%s%s\n", color ? "\033[1m" : "", runs[i].path, color ? "\033[0m" : "");
        size_t path_count = folder_recordings(&arena, runs[i].path, &paths);
        for (size_t k = 0; k < path_count; k++)
            print_recording(paths[k], color);
    }
    arena_finish(&arena);
    return STATUS_OK;
}
