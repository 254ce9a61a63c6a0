/*
 * holdfast run [OPTIONS] -- PROGRAM [ARGUMENTS]: start a program under the shim, wait for it and
 * what it started, report.
 *
 * Exit status: the program's own (128+N for a signal) unless that is 0 and a finding reaches
 * --fail-on: then 66 or 23 (see report.h). 2 usage, 125 cannot be watched, 126 not executable, 127
 * not found.
 */
#include "flags.h"
#include "launch.h"
#include "options.h"
#include "preload.h"
#include "program.h"
#include "report.h"
#include "run_place.h"
#include "run_strays.h"
#include "tree.h"
#include "urgent.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_UNWATCHABLE = 125, STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127 };

struct run {
    struct flags flags;
    struct report_options report;
    struct program program;
    struct run_place place;
    bool watched;
    bool inherited; /* not watched itself, but what it starts may be */
    char library[PATH_MAX];
    char stand_in[PATH_MAX];  /* for the runtime of -fsanitize=thread; empty for none */
    char word[PATH_MAX + 64]; /* HOLDFAST_RUN=… */
    struct urgent urgent;
    time_t began;
};

static void fill_report_options(struct run *run)
{
    const struct flags *flags = &run->flags;
    run->report = (struct report_options){
        .format = flags->flag[FLAG_FORMAT],
        .output = flags->flag[FLAG_OUTPUT],
        .fail_on = flags_option(flags, OPTION_FAIL_ON),
        .suppressions = flags_option(flags, OPTION_SUPPRESSIONS),
        .color = flags->flag[FLAG_COLOR],
        .blocked_threshold = flags_option_number(flags, OPTION_BLOCKED_THRESHOLD),
        .all = flags_on(flags, FLAG_ALL),
        .watched = flags_on(flags, FLAG_WATCHED),
        .show_unused_rules = flags_on(flags, FLAG_SHOW_UNUSED_RULES),
        .quiet = flags_on(flags, FLAG_QUIET),
        .to_stderr = true,
    };
}

/* The files of the suppressions option with their full names: the program may change folders before
   the shim reads them. The result stays allocated. */
static const char *absolute_files(const char *list)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    while (*list) {
        size_t length = strcspn(list, ",");
        char name[PATH_MAX], full[PATH_MAX];
        snprintf(name, sizeof name, "%.*s", (int)length, list);
        fprintf(out, "%s%s", ftell(out) ? "," : "", realpath(name, full) ? full : name);
        list += length + (list[length] == ',');
    }
    fclose(out);
    return text;
}

static int refused(const struct run *run, int status)
{
    say_error("%s.", run->program.why);
    return status;
}

/* Decides whether the program is started and watched. Returns -1 to go on. */
static int judge(struct run *run)
{
    bool allowed = flags_on(&run->flags, FLAG_ALLOW_UNWATCHED);
    program_find(&run->program, run->flags.arguments[0], getenv("PATH"));
    const char *rival = preload_rival(getenv("LD_PRELOAD"));
    switch (run->program.verdict) {
    case PROGRAM_NOT_FOUND:
        return refused(run, STATUS_NOT_FOUND);
    case PROGRAM_NOT_EXECUTABLE:
        return refused(run, STATUS_NOT_EXECUTABLE);
    case PROGRAM_THREAD_SANITIZED:
        if (!preload_find(run->library, sizeof run->library) &&
            preload_stand_in(run->library, run->stand_in, sizeof run->stand_in))
            break;
        /* fall through */
    case PROGRAM_SANITIZED:
        say_error("%s: it runs unwatched.", run->program.why);
        return -1;
    case PROGRAM_STATIC:
    case PROGRAM_FOREIGN:
        if (!allowed) {
            say_error("%s (--allow-unwatched runs it all the same).", run->program.why);
            return STATUS_UNWATCHABLE;
        }
        say_error("%s: it runs unwatched.", run->program.why);
        run->inherited = run->program.verdict == PROGRAM_STATIC;
        return -1;
    case PROGRAM_WATCHABLE:
        break;
    }
    if (rival)
        say_error("LD_PRELOAD holds %s, which must come first: the program runs unwatched.", rival);
    else
        run->watched = true;
    return -1;
}

static int find_library(struct run *run)
{
    int result = preload_find(run->library, sizeof run->library);
    if (!result)
        return -1;
    if (result == -EINVAL)
        say_error("libholdfast.so lies in a folder with a blank or a colon in its name, which "
                  "LD_PRELOAD cannot express.");
    else
        say_error("libholdfast.so is not where this command expects it (beside it in ../shim or "
                  "../lib): %s.",
                  strerror(-result));
    return STATUS_UNWATCHABLE;
}

static char **make_environment(struct run *run)
{
    uint64_t id = 0;
    if (getrandom(&id, sizeof id, GRND_NONBLOCK) != sizeof id)
        id = (uint64_t)getpid() << 32 ^ (uint64_t)time(NULL);
    run->report.run_id = id |= 1ull << 63;
    snprintf(run->word, sizeof run->word, "HOLDFAST_RUN=%s:%llx:launched", run->place.path,
             (unsigned long long)id);
    if (*flags_option(&run->flags, OPTION_SUPPRESSIONS))
        run->flags.option[OPTION_SUPPRESSIONS] =
            absolute_files(flags_option(&run->flags, OPTION_SUPPRESSIONS));
    char *options = options_to_text(&run->flags, 1u << OPTION_RECORDING);
    bool drop = !options && getenv("HOLDFAST_OPTIONS");
    char library[2 * PATH_MAX], *words[4] = {run->word};
    snprintf(library, sizeof library, "%s%s%s", run->library, *run->stand_in ? ":" : "",
             run->stand_in);
    char *preload = preload_value(library, getenv("LD_PRELOAD"));
    if (asprintf(&words[1], "LD_PRELOAD=%s", preload) < 0 ||
        ((options || drop) &&
         asprintf(&words[2], "HOLDFAST_OPTIONS=%s", options ? options : "") < 0))
        abort();
    free(preload);
    free(options);
    return preload_environment(words);
}

/* Makes folder and environment for a watched program. Returns -1 to go on. */
static int prepare(struct run *run, char ***ret_environment)
{
    *ret_environment = environ;
    if (!run->watched && !run->inherited)
        return -1;
    int status = find_library(run);
    if (status < 0)
        status = run_place_make(&run->place, flags_option(&run->flags, OPTION_RECORDING));
    if (status < 0)
        *ret_environment = make_environment(run);
    return status;
}

static int start(struct run *run, struct launch *launch, char **environment)
{
    char **arguments = run->flags.arguments;
    const char *path = run->program.path;
    if (run->program.by_shell) {
        char **shell = calloc((size_t)run->flags.argument_count + 2, sizeof *shell);
        if (!shell)
            abort();
        shell[0] = "/bin/sh";
        shell[1] = run->program.path;
        memcpy(shell + 2, arguments + 1, (size_t)run->flags.argument_count * sizeof *shell);
        arguments = shell;
        path = shell[0];
    }
    int result = launch_start(launch, path, arguments, environment);
    if (!result)
        return -1;
    say_error("%s cannot be executed: %s.", run->program.path, strerror(-result));
    return result == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

static void say_waiting(const char *names)
{
    say_error("the program has ended; waiting for what it started: %s (^C reports now).", names);
}

/* Says which processes of the run go on without us. */
static void say_left(const struct tree *left)
{
    char names[256];
    tree_names(left, true, names, sizeof names);
    if (*names)
        say_error("still running in a session of its own: %s.", names);
    tree_names(left, false, names, sizeof names);
    if (*names)
        say_error("still running: %s.", names);
}

static void look(void *urgent)
{
    urgent_look(urgent);
}

static int wait_and_report(struct run *run, struct launch *launch)
{
    bool quiet = run->report.quiet;
    run->urgent.folder = run->place.path;
    run->urgent.run_id = run->report.run_id;
    if (!quiet && (run->watched || run->inherited)) {
        launch->look = look;
        launch->with = &run->urgent;
        launch->look_ms = URGENT_LOOK_MS;
    }
    int ended = launch_wait(launch), reported = 0;
    struct report_result result = {0};
    if (run->watched || run->inherited) {
        struct tree left;
        const struct tree_run of = {run->place.path, run->word, run->report.run_id};
        launch_wait_tree(launch, &of, quiet ? NULL : say_waiting, &left);
        launch_finish(launch);
        if (!quiet)
            urgent_look(&run->urgent);
        urgent_finish(&run->urgent);
        if (!quiet)
            say_left(&left);
        tree_finish(&left);
        run_strays_gather(run->place.path, run->report.run_id, run->began);
        const char *path = run_place_finish(&run->place);
        if (path)
            reported = report_path(path, &run->report, &result);
        else if (run->watched)
            say_error("%s left no recording: it ended before it could be watched.",
                      run->program.path);
    } else
        launch_finish(launch);
    int status = WIFSIGNALED(ended) ? 128 + WTERMSIG(ended) : WEXITSTATUS(ended);
    if (status)
        return status;
    return reported ? reported : result.fail_status;
}

int cmd_run(int argc, char **argv)
{
    static struct run run;
    int status = flags_parse(&run.flags, COMMAND_RUN, argc, argv);
    if (status >= 0)
        return status;
    if (!run.flags.argument_count) {
        say_error("`run` needs a program (holdfast run [OPTIONS] -- PROGRAM [ARGUMENTS]).");
        return STATUS_USAGE;
    }
    if ((status = options_from_text(&run.flags, getenv("HOLDFAST_OPTIONS"))))
        return status;
    fill_report_options(&run);
    if ((status = report_check_options(&run.report)))
        return status;
    struct launch launch;
    char **environment;
    if ((status = judge(&run)) >= 0 || (status = prepare(&run, &environment)) >= 0)
        return status;
    run.began = time(NULL);
    if ((status = start(&run, &launch, environment)) >= 0) {
        run_place_finish(&run.place);
        return status;
    }
    run_place_prune(&run.place);
    return wait_and_report(&run, &launch);
}
