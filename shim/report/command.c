#include "report/command.h"

#include <unistd.h>

#include "state/environment.h"
#include "state/helper.h"
#include "state/options.h"

/* Where the command lies as seen from the library: built, installed, installed with a multiarch
   folder. */
static const char *const places[] = {
    "/holdfast",           "/../tools/holdfast",     "/../bin/holdfast",
    "/../../bin/holdfast", "/../../../bin/holdfast", NULL};

int command_report(const char *recording, int out, bool quiet)
{
    static char path[1280];
    static char *const no_environment[] = {NULL};
    const char *argv[] = {"holdfast",
                          "report",
                          "--from-shim",
                          "--fail-on",
                          options.text[OPTION_FAIL_ON],
                          "--suppressions",
                          options.text[OPTION_SUPPRESSIONS],
                          recording,
                          NULL,
                          NULL};
    if (quiet) {
        argv[7] = "--quiet";
        argv[8] = recording;
    }
    struct helper helper = {
        .path = path, .argv = argv, .envp = environ ? environ : no_environment, .out = out};
    return helper_find(places, path, sizeof path) ? helper_run(&helper) : -1;
}
