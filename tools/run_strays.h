/*
 * Recordings of a run that lie elsewhere. A process that has changed its user may not write to the
 * run's folder and records in one of that user's own, /tmp/holdfast-UID/RUN, under the same run id
 * (shim/report/folder.c). When the run has ended, a launcher that is root brings those home; one
 * that is not could not read them.
 *
 * /tmp and what lies in those folders belong to others, who may change it while we look: only plain
 * files with one name are taken, of the user that the folder's name says, from folders that nobody
 * else may write to; no symbolic link is followed; and what arrives is compared with what was
 * looked at. Nothing is lost: a file goes away only when its copy is whole, and one whose process
 * goes on is moved only by a rename.
 */
#ifndef HOLDFAST_TOOLS_RUN_STRAYS_H
#define HOLDFAST_TOOLS_RUN_STRAYS_H

#include <stdint.h>
#include <time.h>

/* Moves what belongs to this run into folder. since: when it began (CLOCK_REALTIME). Says on stderr
   what stays where it is, and why. */
void run_strays_gather(const char *folder, uint64_t run_id, time_t since);

/* The same below another folder than /tmp, for tests. */
void run_strays_gather_below(const char *top, const char *folder, uint64_t run_id, time_t since);

#endif
