/*
 * The folder of images: of the user's own, kept between runs.
 *
 * $XDG_CACHE_HOME/holdfast, or ~/.cache/holdfast, or /tmp/holdfast-UID/images. It is made 0700, and
 * used only when it is a folder (no link) of the user's that nobody else may write to. An image is
 * named by what decides over its bytes: build-id (or size, time and path), form, variant, version,
 * the patterns that chose functions, and which build of the rewriter made it. The rewriter makes it
 * under another name and renames it, so that two processes may make the same one; it also keeps the
 * folder small.
 */
#ifndef HOLDFAST_REWRITE_CACHE_H
#define HOLDFAST_REWRITE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "format/rewrite.h"

#define CACHE_NAME_MAX 128u
#define CACHE_PATH_MAX 1024u

/* At birth, with the program's environment: where the folder would be. */
void cache_start_up(const char *cache_home, const char *home);

/* Opens the folder, and makes it if it is missing; where it is not to be used (another user's, not
   to be written to), the one in /tmp from then on. A descriptor, or -errno. */
int cache_open(void);
const char *cache_path(void);

struct cache_key {
    const uint8_t *build_id;
    uint32_t build_id_size;
    uint64_t path_hash, file_size, file_mtime; /* without a build-id */
    uint64_t options;                          /* hash of patterns for functions, 0 none */
    uint64_t rewriter;                         /* rewriter_identity */
    uint32_t form, variant;
};
void cache_name(const struct cache_key *key, char *name /* CACHE_NAME_MAX */);

#endif
