/*
 * Inside suppress*.c: what a rule is. suppress.c keeps and matches them, suppress_line.c reads
 * KIND:PATTERN lines, suppress_block.c Valgrind's blocks.
 */
#ifndef HOLDFAST_TOOLS_SUPPRESS_RULE_H
#define HOLDFAST_TOOLS_SUPPRESS_RULE_H

#include "suppress.h"

enum rule_form {
    RULE_ANYWHERE, /* pattern against function, file or module of any frame */
    RULE_TOP,      /* of the first frame of a stack */
    RULE_CALLER,   /* called_from_lib: module of the first frame */
    RULE_FRAMES,   /* Valgrind: frame by frame from the innermost */
};

struct frame_pattern {
    enum { FRAME_FUNCTION, FRAME_OBJECT, FRAME_SOURCE, FRAME_ANY_NUMBER } by;
    const char *pattern;
};

struct rule {
    struct rule *next;
    const char *file, *text;
    unsigned line;
    uint64_t hits;
    enum rule_form form;
    bool every_kind;
    uint8_t kinds[KIND_END / 8 + 1]; /* bits by kind number; KIND_END bounds them */
    unsigned leaks;                  /* 0 = all, else bits 1 << enum block_scan */
    uint64_t count_max;              /* hides findings with at most that count; 0 = any */
    /* ANYWHERE, TOP, CALLER: */
    const char *pattern; /* with * ? ^ $; NULL when offset says it */
    const char *object;  /* module name pattern, or NULL */
    uint8_t build_id[20];
    unsigned build_id_size;
    uint64_t offset;
    bool has_offset;
    /* FRAMES: */
    struct frame_pattern *frames;
    unsigned frame_count;
};

/* The text of a file, line by line. */
struct rule_source {
    const char *file;
    char *rest;    /* what was not read yet */
    unsigned line; /* of the line last read */
    struct arena *arena;
};
/* The next line without blanks at both ends, NULL at the end. */
char *source_line(struct rule_source *source);

/* Both fill rule; false and a sentence when it is bad. */
bool rule_parse_line(struct rule *rule, struct rule_source *source, char *line,
                     struct problem *problem);
/* The "{" has been read. */
bool rule_parse_block(struct rule *rule, struct rule_source *source, struct problem *problem);

/* Kinds by slug or group; false when there is no such word. */
bool rule_add_kinds(struct rule *rule, const char *word);

/* *, ? and the rest literally; the whole text must fit. */
bool pattern_fits(const char *pattern, const char *text);
/* The same, anywhere in text unless anchored by ^ or $. */
bool pattern_found(const char *pattern, const char *text);

#endif
