/*
 * Keeping the user's folder of recordings small: only the newest runs stay. Used by `run` while the
 * program is starting. No state.
 */
#ifndef HOLDFAST_TOOLS_PRUNE_H
#define HOLDFAST_TOOLS_PRUNE_H

/* How much is kept of the past. */
#define PRUNE_RUNS_KEPT  20u
#define PRUNE_BYTES_KEPT (1ull << 30)

/* Removes the oldest runs in base beyond what is kept: never one with a live process, never a file
   that is no recording. spare: the name of a run's folder that stays anyway. 0 or -errno. */
int prune_runs(const char *base, const char *spare);

#endif
