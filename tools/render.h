/*
 * Output formats: each is one file with a struct renderer and one row in formats.def. The report
 * walks the run and calls begin, then process and finding (most important first, suppressed ones
 * left out), then end.
 */
#ifndef HOLDFAST_TOOLS_RENDER_H
#define HOLDFAST_TOOLS_RENDER_H

#include "model.h"
#include <stdio.h>

struct output {
    FILE *out;
    const struct run *run;
    bool color, all, watched;
    unsigned width;
    uint64_t threshold_ms;
    struct arena arena; /* for words */
    void *state;        /* the renderer's own, from the arena */
};

struct renderer {
    void (*begin)(struct output *output);
    void (*process)(struct output *output, const struct process *process); /* may be NULL */
    void (*finding)(struct output *output, const struct finding *finding);
    void (*end)(struct output *output);
    bool for_people; /* may take colours and remarks */
};

#define FORMAT(name, help) extern const struct renderer render_##name;
#include "formats.def"
#undef FORMAT

/* NULL for none. */
const struct renderer *renderer_by_name(const char *name);

#endif
