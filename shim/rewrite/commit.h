/*
 * Puts an image to work: maps its code, fills in what this process alone knows, and patches the
 * module's text. All of it or nothing.
 *
 * Nobody may be running in the module's text but at return addresses: at the first creation of a
 * thread there is only its creator, and a library that is being loaded has not run yet. One thread
 * at a time, all signals blocked.
 */
#ifndef HOLDFAST_REWRITE_COMMIT_H
#define HOLDFAST_REWRITE_COMMIT_H

#include "format/recording.h"
#include "rewrite/image.h"
#include "rewrite/target.h"
#include "state/moved.h"

/* thunks: what images call, THUNK_COUNT pointers.
   Returns WATCHED_YES, with *ret_module ready for moved_add, or why not: WATCHED_NO_ROOM (the next
   variant may fit), WATCHED_DIFFERS, WATCHED_PROTECTED. */
enum watched commit(const struct target *target, const struct image_file *image,
                    const void *const *thunks, struct moved_module *ret_module);

/* Gives the code back when its module is gone. */
void commit_undo(const struct moved_module *module);

/* Puts the program's bytes back, for a core dump: the process is about to end. */
void commit_restore_text(const struct target *target, const struct image_file *image);

#endif
