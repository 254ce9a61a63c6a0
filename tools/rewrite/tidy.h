/*
 * Keeps the folder of images small: past MOST bytes the oldest go. Called after images have been
 * written there.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_TIDY_H
#define HOLDFAST_TOOLS_REWRITE_TIDY_H

#include <stdint.h>

#define TIDY_MOST (2ull << 30)
#define TIDY_KEEP 60 /* seconds: what is so new may be about to be opened */

/* The folder of this image. What cannot be read or removed stays. most: bytes of all images. */
void tidy_folder(const char *image, uint64_t most);

#endif
