/*
 * Stacks with names: a stack id of a recording becomes a list of frames, inlined ones included.
 *
 * Used by model (fingerprints, suppressions) and the renderers. Each stack is named once and kept
 * as long as the tracer.
 */
#ifndef HOLDFAST_TOOLS_TRACE_H
#define HOLDFAST_TOOLS_TRACE_H

#include "read.h"
#include "symbol.h"
#include "type_word.h"

struct frame {
    const char *function, *file; /* NULL unknown */
    unsigned line, column;       /* 0 unknown */
    bool inlined;                /* its code lies within the next frame's function */
    struct module *module;       /* NULL: no module was there */
    uint64_t offset;             /* of the call in the module's file, as addr2line takes it; the
                                    address where there is no module */
};

struct trace {
    uint16_t flags; /* enum stack_flag */
    unsigned count;
    unsigned startup; /* frames at the end that belong to libc's start-up or to holdfast */
    unsigned place;   /* the first frame outside libc: who called it, for people */
    bool exact;       /* the first frame is the instruction itself, not a call */
    struct frame frames[];
};

struct tracer {
    struct recording *recording;
    struct symbol_store *store; /* shared by all recordings of a run */
    struct map traces;          /* by stack id */
    struct arena arena;
};

void tracer_init(struct tracer *tracer, struct recording *recording, struct symbol_store *store);
void tracer_finish(struct tracer *tracer);

/* NULL when the id is 0 or damaged. */
const struct trace *trace_of(struct tracer *tracer, uint32_t id);

/* The global variable that holds [address, address + size) now, NULL when none is known there. */
const struct variable_name *trace_variable(struct tracer *tracer, uint64_t address, uint64_t size);

/* What the global variable at address is declared as; UNKNOWN where none is known. */
enum type_word trace_variable_type(struct tracer *tracer, uint64_t address);

/* The thread-local variable of the executable (its path) that lies below bytes under the thread
   pointer, NULL when none is known there. */
const struct variable_name *trace_thread_variable(struct tracer *tracer, const char *program,
                                                  uint64_t below, uint64_t size);

/* "module" in a frame's words: the file's last part, "?" when there is none. */
const char *frame_module(const struct frame *frame);

/* Newest time at which the frame's module file was changed (ns); 0 unknown. */
uint64_t frame_module_mtime(const struct frame *frame);

#endif
