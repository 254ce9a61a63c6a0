/*
 * Where recordings are: $XDG_STATE_HOME/holdfast or /tmp/holdfast-UID, one subfolder a run, files
 * named PROGRAM.PID[.IMAGE].holdfast in it. Used by report (newest run, pid) and list.
 */
#ifndef HOLDFAST_TOOLS_FOLDER_H
#define HOLDFAST_TOOLS_FOLDER_H

#include "read.h"

struct run_folder {
    const char *path;
    uint64_t mtime; /* ns */
};

/* Subfolders with recordings, newest first; in the arena. root: NULL for the places above, else a
   folder of run folders (a folder that itself holds recordings is one run). Returns their number.
 */
size_t folder_runs(struct arena *arena, const char *root, struct run_folder **ret_runs);

/* Paths of the recordings in a run's folder, sorted by name. */
size_t folder_recordings(struct arena *arena, const char *folder, const char ***ret_paths);

/* The recording of the live process pid (its newest image), else the newest of a process that had
   that pid. NULL when there is none. */
const char *folder_find_pid(struct arena *arena, int pid);

/* What a command's argument names: a path, or a pid when there is no such file; the newest run
   without one (NULL). NULL after one sentence on stderr. */
const char *folder_find(struct arena *arena, const char *argument);

#endif
