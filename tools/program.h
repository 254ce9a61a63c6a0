/*
 * The program that `run` is asked to start: where it is, and whether a preloaded library would
 * work in it. Nothing is started here; the answers come from the file.
 *
 * Used by cmd_run.c before the start. Not for use from several threads.
 */
#ifndef HOLDFAST_TOOLS_PROGRAM_H
#define HOLDFAST_TOOLS_PROGRAM_H

#include <limits.h>
#include <stdbool.h>

enum program_verdict {
    PROGRAM_WATCHABLE,
    PROGRAM_NOT_FOUND,        /* `run` ends with 127 */
    PROGRAM_NOT_EXECUTABLE,   /* `run` ends with 126 */
    PROGRAM_THREAD_SANITIZED, /* needs gcc's libtsan.so.2, for which ours can stand in */
    PROGRAM_SANITIZED, /* has a sanitizer's runtime, which aborts under a preload: runs unwatched */
    PROGRAM_STATIC,    /* takes no preload, but what it starts may: 125 or --allow-unwatched */
    PROGRAM_FOREIGN,   /* other architecture, other libc, set-id: 125 or --allow-unwatched */
};

struct program {
    enum program_verdict verdict;
    char path[PATH_MAX]; /* what to hand to execve; empty when it was not found */
    bool by_shell;       /* no #! and no ELF file: run by /bin/sh, as execvp does */
    char why[512]; /* for all but WATCHABLE: half a sentence, "NAME is statically linked: …" */
};

/* Looks name up as execvp does (search: the value of PATH; NULL = not set) and judges it. Scripts
   are judged by their interpreter. */
void program_find(struct program *ret, const char *name, const char *search);

#endif
