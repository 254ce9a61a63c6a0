/*
 * A first look at a recording: its header alone, without mapping or checking the rest, and whether
 * its process is still there. Used where many recordings are looked at for little: waiting for a
 * run, pruning. No state.
 */
#ifndef HOLDFAST_TOOLS_PEEK_H
#define HOLDFAST_TOOLS_PEEK_H

#include "format/recording.h"
#include <stdbool.h>

/* 0, -errno, -ENOENT while the process has not come to write the header, -EPROTO when the file is
   no recording. */
int peek_header(const char *path, struct recording_header *ret_header);

/* Is the process that writes this recording there now? False once it has ended, gone on to another
   image, or is a zombie. */
bool peek_is_live(const struct recording_header *header);

#endif
