/*
 * Stacks in the text report: one line a frame, the source line under the first frame whose source
 * is at hand. Used by render_text.c only.
 */
#ifndef HOLDFAST_TOOLS_TEXT_STACK_H
#define HOLDFAST_TOOLS_TEXT_STACK_H

#include "render.h"
#include "source.h"

enum style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_ERROR,
    STYLE_WARNING,
    STYLE_NOTE,
    STYLE_GOOD
};
/* Escape sequence that begins style; "" without colours. STYLE_PLAIN ends any. */
const char *style(const struct output *output, enum style style);

/* directory: what paths are shown relative to. */
void text_stack(struct output *output, struct sources *sources, const struct trace *trace,
                const char *directory, unsigned indent);

/* The place in a few words: "load src/load.c:10 ← main". At most frames functions. */
const char *text_place(struct output *output, const struct trace *trace, const char *directory,
                       unsigned frames);

#endif
