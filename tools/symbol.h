/*
 * Names for addresses in a module's file: function, file, line, column, and the inlined functions
 * around it, from DWARF where there is some (also in separate files found by debuglink or
 * build-id), else from the symbol tables. Offline: never asks the network.
 *
 * Model: a symbol_file belongs to one module file (path + build-id) and is opened when the first
 * address is asked for. Its indexes are built piece by piece: compilation units by address at
 * first, functions of a unit when an address falls into it, inlined calls of a function likewise.
 * Answers are kept. Used by trace.c; one thread.
 */
#ifndef HOLDFAST_TOOLS_SYMBOL_H
#define HOLDFAST_TOOLS_SYMBOL_H

#include <stdbool.h>
#include <stdint.h>

/* One named place. Strings live as long as the store; NULL or 0 = unknown. */
struct place_name {
    const char *function; /* demangled */
    const char *file;
    unsigned line, column;
    bool inlined; /* its code lies within the next one's */
};

/* Innermost first: inlined functions, then the real one. Never empty. */
struct place_names {
    unsigned count;
    struct place_name names[];
};

struct module_identity {
    const char *path;
    const uint8_t *build_id;
    unsigned build_id_size;         /* 0: unknown, size and mtime decide */
    uint64_t file_size, file_mtime; /* mtime in ns; 0 unknown */
};

struct symbol_store;
struct symbol_file;

struct symbol_store *symbol_store_create(void);
void symbol_store_destroy(struct symbol_store *store);

/* The names of a module's file. Opens nothing yet. Same identity, same answer. */
struct symbol_file *symbol_file_of(struct symbol_store *store,
                                   const struct module_identity *identity);

/* Who is at address (as in the ELF file: address in memory - load bias). NULL: nothing known. */
const struct place_names *symbol_at(struct symbol_file *file, uint64_t address);

struct variable_name {
    const char *name; /* "table.rows[3].count", "table+16" where types are not known */
    const char *file; /* that declares it; NULL unknown */
    unsigned line;
};

/* The global variable, and of it the member, that [address, address + size) lies in. NULL: none is
   known. */
const struct variable_name *symbol_variable(struct symbol_file *file, uint64_t address,
                                            uint64_t size);

/* The same of the executable's thread-local variables: those that lie that many bytes below the
   thread pointer. */
const struct variable_name *symbol_thread_variable(struct symbol_file *file, uint64_t below,
                                                   uint64_t size);

/* Newest modification, in ns, of the file that was read; 0 unknown. */
uint64_t symbol_file_mtime(struct symbol_file *file);

/* "_ZN3foo3barEi" → "foo::bar(int)". NULL when it is no mangled name. malloc'ed. */
char *symbol_demangle(const char *name);

#endif
