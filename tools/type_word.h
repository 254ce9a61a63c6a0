/*
 * Is memory that code touches declared plain, volatile or atomic? From DWARF: the variable that
 * lies at an address, or the pointer through which an instruction goes, followed back through its
 * function.
 *
 * Used by access_code.c, trace.c and rewrite/atomics.c. One thread; but for type_of_variable the
 * symbol_file is open (symbol_file_ready).
 */
#ifndef HOLDFAST_TOOLS_TYPE_WORD_H
#define HOLDFAST_TOOLS_TYPE_WORD_H

#include "symbol.h"

/* The stronger one counts where several speak of the same bytes. */
enum type_word {
    TYPE_UNKNOWN = 0,
    TYPE_PLAIN,
    TYPE_VOLATILE, /* or a type whose name says as much: sig_atomic_t, ngx_atomic_t */
    TYPE_ATOMIC,   /* _Atomic, std::atomic, core::sync::atomic */
};

/* The declaration of the global variable, and of its member, at address. */
enum type_word type_of_variable(struct symbol_file *file, uint64_t address);

/* The declaration of what the instruction at address touches. code: of the function's bytes, from
   low on to behind the instruction. */
enum type_word type_of_operand(struct symbol_file *file, const uint8_t *code, uint64_t low,
                               uint64_t address);

/* PLAIN when the compilation unit around address knows nothing volatile and nothing atomic. */
enum type_word type_of_unit(struct symbol_file *file, uint64_t address);

/* Does the compilation unit around address declare anything _Atomic? */
bool type_unit_has_atomic(struct symbol_file *file, uint64_t address);

#endif
