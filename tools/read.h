/*
 * A recording, mapped and read. Trusts nothing in it: every offset, size, count, string and id is
 * checked before use, so a damaged or hostile file gives a sentence or fewer rows, never a crash.
 * The process that writes it may be alive: rows are copied and dropped when they changed meanwhile.
 *
 * Used by model (findings), trace (stacks) and list. One thread.
 */
#ifndef HOLDFAST_TOOLS_READ_H
#define HOLDFAST_TOOLS_READ_H

#include "arena.h"
#include "format/recording.h"
#include <stdbool.h>

/* Why something cannot be read: one sentence for people. */
struct problem {
    char text[768];
};
__attribute__((format(printf, 2, 3))) void problem_set(struct problem *problem, const char *format,
                                                       ...);

/* A module row with its strings. */
struct module {
    struct module_row row;
    const char *path, *name; /* name: last part of path */
    void *symbols;           /* struct symbol_file, filled in by trace.c; NULL until asked */
    bool symbols_tried;
    unsigned order; /* enum module_order, filled in by own_order.c */
};

struct stack {
    unsigned count;
    uint16_t flags; /* enum stack_flag */
    uint32_t epoch;
    uint64_t exact; /* bit i: frames[i] is the instruction itself, not a return address */
    uint64_t frames[STACK_FRAMES_MAX];
};

struct recording {
    const char *path;
    struct recording_header header; /* as it was when opened */
    struct module *modules;
    size_t module_count;
    unsigned newer_sections; /* parts that only a newer command can read */
    struct arena arena;
    /* private to read.c */
    int fd;
    const uint8_t *bytes;
    uint64_t size;
    struct recording *next_mapped;
    struct section_view {
        const struct section *section; /* in the mapping: used grows; NULL: not there */
        const uint8_t *rows;
        uint64_t limit; /* bytes that may be looked at */
        uint32_t row_size;
    } views[SECTION_TYPE_END];
};

/* A mapped file that somebody cuts short meanwhile ends the command with a sentence and status 3,
   not with SIGBUS; a hole in one on a full tmpfs, which has no page for it, reads as zeros. Once
   per command, before the first recording is opened. */
void recording_guard_mappings(void);

/* Opens path. Returns NULL and a sentence when it is no recording, damaged, or too new. */
struct recording *recording_open(const char *path, struct problem *ret_problem);
void recording_close(struct recording *recording); /* NULL is fine */

/* Gives the mapping and the descriptor back; header, modules and strings handed out stay, rows are
   no longer there. */
void recording_unmap(struct recording *recording);

/* Rows handed out so far; some may not be published. */
uint64_t recording_count(const struct recording *recording, enum section_type type);

/* Copies row index. size is that of the struct of type. False: not there, not published, or it
   changed again and again while it was copied. */
bool recording_row(const struct recording *recording, enum section_type type, uint64_t index,
                   void *ret_row, size_t size);

/* The first index >= from whose row lies in a part of the file that was ever written; the count
   when there is none. Skips the holes of sparse sections. */
uint64_t recording_skip_hole(const struct recording *recording, enum section_type type,
                             uint64_t from);

/* The string at offset, "" when there is none. Lives as long as the recording. Control characters
   are replaced, so it can go to a terminal. */
const char *recording_string(const struct recording *recording, uint64_t offset);

bool recording_stack(const struct recording *recording, uint32_t id, struct stack *ret_stack);

/* The module that held pc in that epoch, NULL for none. */
struct module *recording_module(const struct recording *recording, uint64_t pc, uint32_t epoch);

/* The module of that path, NULL for none. */
struct module *recording_module_named(const struct recording *recording, const char *path);

/* Is the process that writes this recording there now? */
bool recording_is_live(const struct recording *recording);

/* Rows lost for want of room, of all sections. */
uint64_t recording_lost(const struct recording *recording);

#endif
