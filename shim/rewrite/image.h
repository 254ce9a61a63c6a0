/*
 * An image file (format/rewrite.h), opened and checked: whoever reads rows of one that image_open
 * accepted stays inside the file, and finds rows in the order that they promise. What the code does
 * nobody checks: it is as good as the rewriter that wrote it, in a folder that nobody else may
 * write to.
 *
 * One thread at a time; no allocation but the mapping.
 */
#ifndef HOLDFAST_REWRITE_IMAGE_H
#define HOLDFAST_REWRITE_IMAGE_H

#include <stdbool.h>

#include "format/rewrite.h"

struct image_file {
    const struct rewrite_header *header; /* the whole file, read-only */
    uint64_t size;
    int fd; /* until image_close_file; then -1 */
};

/* Opens name in the folder: a regular file of the calling user's that nobody else can write to.
   False: there is none, or it is damaged; nothing is open then. */
bool image_open(struct image_file *image, int folder, const char *name);

/* The same in two steps: what was opened is not to be believed before it was checked. */
bool image_map(struct image_file *image, int folder, const char *name);
bool image_check(struct image_file *image);

/* Is what lies at [bytes, size) an image? As image_open finds it; for tests too. */
bool image_is_valid(const void *bytes, uint64_t size);

void image_close_file(struct image_file *image); /* the mapping stays */
void image_close(struct image_file *image);

static inline const void *image_part(const struct image_file *image, enum rewrite_part_kind kind)
{
    return (const char *)image->header + image->header->part[kind].offset;
}
static inline uint32_t image_count(const struct image_file *image, enum rewrite_part_kind kind)
{
    return image->header->part[kind].count;
}

#endif
