/*
 * Makes recordings for tests, by the structs of shim/format/recording.h and without the shim: the
 * content is known exactly, and broken ones can be made on purpose.
 *
 * Model: sections grow in memory; maker_write lays them out and writes the file. Functions return
 * the ids that rows refer to each other by.
 */
#ifndef HOLDFAST_TESTS_MAKER_H
#define HOLDFAST_TESTS_MAKER_H

#include "format/tables.h"
#include <stdbool.h>
#include <stddef.h>

struct maker {
    struct recording_header header;
    struct maker_section {
        unsigned char *bytes;
        size_t used, capacity;
    } sections[SECTION_TYPE_END];
};

/* A finished process "app", pid 4711, that exited with status 0; change header as needed. */
void maker_begin(struct maker *maker);

uint32_t maker_string(struct maker *maker, const char *text);
/* Loaded from epoch 0 on; returns its generation. */
uint32_t maker_module(struct maker *maker, const char *path, uint64_t base, uint64_t size);
/* Return addresses, innermost first. */
uint32_t maker_stack(struct maker *maker, unsigned count, const uint64_t *frames);
/* Appends row to a section of rows; returns its index. */
uint32_t maker_row(struct maker *maker, enum section_type type, const void *row, size_t size);
/* Threads count from 1: row 0 is written by maker_begin. */
uint32_t maker_thread(struct maker *maker, const char *name, unsigned flags, unsigned state);
/* Evidence of one finding is added right before it. */
void maker_evidence(struct maker *maker, enum evidence type, enum role role, uint32_t thread,
                    uint32_t stack, const char *string, uint64_t a, uint64_t b, uint64_t c);
void maker_finding(struct maker *maker, enum kind kind, uint32_t count, uint64_t amount,
                   unsigned evidence_count);

/* Writes the file and frees everything. Returns 0 or -errno. */
int maker_write(struct maker *maker, const char *path);

/* The recordings that the golden tests look at, by name: see maker_samples. NULL past the end. */
const char *maker_sample_name(unsigned i);
/* Fills maker with that sample; false for an unknown name. */
bool maker_sample(struct maker *maker, const char *name);

/* A fresh folder in /tmp to work in, and away with it and all that is in it: a test's init and
 * fini. */
void maker_enter_folder(void);
void maker_leave_folder(void);

#endif
