/*
 * What cannot wait for the report: a deadlock is told while the program hangs. The shim leaves a
 * sentence in the recording's header and counts it; `run` looks at the recordings of its run every
 * now and then, and says it.
 *
 * Used by cmd_run.c. One thread.
 */
#ifndef HOLDFAST_TOOLS_URGENT_H
#define HOLDFAST_TOOLS_URGENT_H

#include "arena.h"
#include <stdint.h>

#define URGENT_LOOK_MS 400 /* how long it may take until somebody looks */

struct urgent {
    const char *folder; /* where the run's recordings are; those of other runs may lie there, too */
    uint64_t run_id;
    /* private to urgent.c */
    uint64_t listed; /* time of the folder's last change when its files were listed */
    const char **paths;
    size_t count;
    struct map said; /* by hash of the path: sentences said, + 1; done where no more will come */
    struct arena arena;
};

/* Says on stderr what is new. */
void urgent_look(struct urgent *urgent);

void urgent_finish(struct urgent *urgent);

#endif
