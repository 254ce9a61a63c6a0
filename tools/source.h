/*
 * Lines of source files, for the text report. Files are read once and kept. One thread.
 */
#ifndef HOLDFAST_TOOLS_SOURCE_H
#define HOLDFAST_TOOLS_SOURCE_H

#include "arena.h"

struct sources {
    struct map files;
    struct arena arena;
};

/* The line without its newline and outer blanks, tabs as blanks; NULL when the file is not at hand
   or was changed after not_after (ns, 0 = does not matter), so that another text would be shown. */
const char *source_text(struct sources *sources, const char *path, unsigned line,
                        uint64_t not_after);
void sources_finish(struct sources *sources);

#endif
