/*
 * What the program is given so that it is watched: which library, and which environment.
 *
 * Used by cmd_run.c. The shim takes all of it out of the program's environment again and puts it
 * back at every exec.
 */
#ifndef HOLDFAST_TOOLS_PRELOAD_H
#define HOLDFAST_TOOLS_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>

/* The library that belongs to this command: beside it in the build tree (../shim) or where it is
   installed (../lib…). 0 or -errno; -ENOENT when there is none; -EINVAL when its path holds a blank
   or a colon, which end a path in LD_PRELOAD. */
int preload_find(char *ret_path, size_t size);

/* The library that stands in for gcc's libtsan.so.2 (shim/compiled/libtsan.c), in a folder beside
   ours. False when it is not there. */
bool preload_stand_in(const char *library, char *ret_path, size_t size);

/* A library that is preloaded already and that must come first (a sanitizer's runtime), or NULL.
   value: of LD_PRELOAD, may be NULL. */
const char *preload_rival(const char *value);

/* The value of LD_PRELOAD with library first and the others of value after it. The caller frees. */
char *preload_value(const char *library, const char *value);

/* The environment of this process with these words of the form NAME=value (NULL at the end of the
   list) in the place of what it says of NAME. The caller frees the array, not the words. */
char **preload_environment(char *const words[]);

#endif
