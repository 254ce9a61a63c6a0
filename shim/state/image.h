/*
 * What a program file is, before it is started: whether our library can go into it. Used by the
 * wrappers of exec and spawn. Where it cannot, our entries stay out of the new environment, because
 * the loader would complain on the program's stderr, or the program would not run.
 *
 * Reads a few hundred bytes of the file with raw system calls; safe in signal handlers and in a
 * vfork's child.
 */
#ifndef HOLDFAST_STATE_IMAGE_H
#define HOLDFAST_STATE_IMAGE_H

#include <stdbool.h>

enum image {
    IMAGE_WATCHABLE,
    IMAGE_UNKNOWN,          /* cannot be opened or is no program: the exec will say so */
    IMAGE_FOREIGN,          /* another architecture or another C library */
    IMAGE_STATIC,           /* no loader, so no preload; what it starts can be watched */
    IMAGE_SETUID,           /* the loader ignores preloads */
    IMAGE_SANITIZER,        /* its runtime insists on being first */
    IMAGE_THREAD_SANITIZER, /* needs gcc's libtsan.so.2, for which ours can stand in */
};

/* path relative to the descriptor folder (AT_FDCWD as in openat). A script counts as its
   interpreter. */
enum image image_at(int folder, const char *path);

#endif
