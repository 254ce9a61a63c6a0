/*
 * What we need in the environment, and taking it out of the program's sight. At birth the entries
 * LD_PRELOAD (our part of it), HOLDFAST_OPTIONS and HOLDFAST_RUN are removed from the program's
 * environ; interpose/process.c puts them back for every image that the program starts.
 *
 * Written once at birth, constant afterwards.
 */
#ifndef HOLDFAST_STATE_ENVIRONMENT_H
#define HOLDFAST_STATE_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENVIRONMENT_OURS 3

struct environment {
    const char *library;                   /* what to preload; NULL: we are linked, not preloaded */
    const char *path;                      /* where our library lies */
    const char *options;                   /* value of HOLDFAST_OPTIONS, NULL none */
    const char *run_folder;                /* folder of this run's recordings, NULL not yet known */
    uint64_t run_id;                       /* 0 not yet known */
    bool inherited;                        /* the run was begun by another process */
    bool launched;                         /* `holdfast run` is waiting to report */
    const char *entries[ENVIRONMENT_OURS]; /* what to put back: "LD_PRELOAD=…" (ours alone), … */
};
extern struct environment environment;

/* Reads and removes our entries in place (envp is the array on the initial stack). */
void environment_take(char **envp);

/* Where our library lies: path as the loader found it, relative to directory unless absolute. */
void environment_library(const char *path, const char *directory);

/* Sets the run's folder and id, and makes entries[] complete. */
void environment_run(const char *folder, uint64_t run_id);

/* Number of pointers that environment_merge needs for this envp, the closing NULL included. */
size_t environment_size(char *const *envp);

/* Fills merged[] with envp plus our entries; LD_PRELOAD becomes ours followed by envp's own, built
   in text (room bytes; environment_text_room says how many are needed). HOLDFAST_RUN and
   HOLDFAST_OPTIONS that the program set itself, and a preload that has our library, stay. stand_in:
   a library to preload right behind ours, or NULL. */
size_t environment_text_room(char *const *envp);
void environment_merge(char *const *envp, const char *stand_in, char **merged, char *text,
                       size_t room);

/* Finds the library that stands in for gcc's libtsan.so.2; false when it is not there. */
#define ENVIRONMENT_PATH_MAX 1280u
bool environment_stand_in(char *ret_path);

/* Around a real call that starts a program with environ itself (system, popen, wordexp): puts our
   entries into environ, and takes them out when the last such call is over. Guard entered. */
void environment_lend(void);
void environment_return(void);

#endif
