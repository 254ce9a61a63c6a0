/*
 * The processes of a run that are alive: found by their recordings, and by the word HOLDFAST_RUN in
 * the environment that they were started with (which knows a process before its recording is there,
 * and those that cannot be watched). A folder may hold recordings of other runs, too.
 *
 * Used by `run` after the program has ended. Not for use from several threads.
 */
#ifndef HOLDFAST_TOOLS_TREE_H
#define HOLDFAST_TOOLS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tree_process {
    pid_t pid;
    bool apart; /* has moved to another session than ours: a daemon */
    char name[32];
};

struct tree {
    struct tree_process *processes;
    size_t count;
};

struct tree_run {
    const char *folder; /* where its recordings are */
    const char *word;   /* the whole word HOLDFAST_RUN=… of it */
    uint64_t id;
};

/* tree_finish releases. */
void tree_find(struct tree *ret, const struct tree_run *run);
void tree_finish(struct tree *tree);

/* Their names and pids, as "a (12), b (34) and 5 more", for those with this value of apart. */
void tree_names(const struct tree *tree, bool apart, char *ret_text, size_t size);

#endif
