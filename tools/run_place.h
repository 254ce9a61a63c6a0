/*
 * The folder of the run that `holdfast run` is about to start: one of the user's own (see
 * folder.h), or what --recording names.
 *
 * --recording PATH is a folder when it is one already, ends with a slash, or does not end with
 * .holdfast; it is made when it is missing. Else it is a file: the recording is moved there when
 * the run has ended; where there are several, PATH becomes a folder with all of them.
 */
#ifndef HOLDFAST_TOOLS_RUN_PLACE_H
#define HOLDFAST_TOOLS_RUN_PLACE_H

#include <limits.h>
#include <stdbool.h>

struct run_place {
    char path[PATH_MAX]; /* absolute; where the shim writes */
    char file[PATH_MAX]; /* absolute; where a single recording goes, or empty */
    bool own;            /* below the base folder of the user: is pruned */
    bool made;           /* was not there before */
};

/* recording: the option's value, "" for none. Returns -1 to go on, or the status to exit with after
   one sentence on stderr. */
int run_place_make(struct run_place *ret, const char *recording);

/* Makes room in the base folder when the run's is there. */
void run_place_prune(const struct run_place *place);

/* After the run: what to report, a file or a folder; NULL when there is no recording (a
   folder made for it is removed). Valid as long as place. */
const char *run_place_finish(struct run_place *place);

#endif
