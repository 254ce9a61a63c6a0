/*
 * Inside symbol*.c: what one module file's indexes look like. symbol.c owns the file,
 * symbol_table.c the ELF symbols, symbol_dwarf.c the units, functions and inlined calls.
 */
#ifndef HOLDFAST_TOOLS_SYMBOL_INDEX_H
#define HOLDFAST_TOOLS_SYMBOL_INDEX_H

#include "arena.h"
#include "symbol.h"
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

struct range {
    uint64_t low, high; /* [low, high) */
    void *of;
};
/* Ranges sorted by low; of ranges that nest, the inner (later, shorter) one is found first. */
struct ranges {
    struct range *rows;
    size_t count, capacity;
    uint64_t longest; /* of all rows: how far back a search has to look */
};
void ranges_add(struct ranges *ranges, uint64_t low, uint64_t high, void *of);
/* All address ranges of a DIE. */
void ranges_add_die(struct ranges *ranges, Dwarf_Die *die, void *of);
void ranges_sort(struct ranges *ranges);
/* The shortest row that holds address, NULL for none. */
const struct range *ranges_find(const struct ranges *ranges, uint64_t address);
void ranges_finish(struct ranges *ranges);

struct inlined {
    Dwarf_Die die;
    unsigned depth; /* 1: called by the function itself */
};
struct subprogram {
    Dwarf_Die die;
    bool indexed;
    struct ranges inlined; /* of struct inlined */
};
struct unit {
    Dwarf_Die die;
    bool indexed, nested_indexed, variables_indexed;
    bool words_known, has_words;   /* type_word.c: something volatile or atomic is declared in it */
    bool atomic_known, has_atomic; /* … something _Atomic, by DWARF 5 */
    struct ranges functions,
        nested; /* of struct subprogram; nested: those deep in others, and all */
};

/* type_word.c: the instructions of the function asked about last, as far as they were decoded. */
struct decoded {
    uint64_t low, next;
    void *steps;
    size_t count, capacity;
};

struct symbol_file {
    struct module_identity identity;
    struct symbol_store *store;
    bool opened;
    Dwfl *dwfl;
    Dwfl_Module *module; /* NULL: nothing to read */
    Dwarf *dwarf;
    Dwarf_Addr dwarf_bias, symbol_bias;
    bool symbols_indexed, variables_indexed;
    struct ranges units;      /* of struct unit */
    struct ranges data_units; /* of struct unit: those without code, at made-up addresses */
    /* of const char: raw names of functions, of variables, of thread-local ones by offset */
    struct ranges symbols, objects, thread_objects;
    struct ranges variables, thread_variables; /* of struct variable, likewise */
    struct map answers;                        /* address + 1 → struct place_names, or &nothing */
    struct map slots; /* type_word.c: slot of the global offset table + 1 → address of a variable */
    bool slots_indexed;
    struct decoded decoded;
    uint64_t mtime;
    struct arena arena;
};

/* Builds the index of compilation units, if there is DWARF. */
void symbol_dwarf_open(struct symbol_file *file);
/* NULL when DWARF says nothing about address. */
const struct place_names *symbol_dwarf_at(struct symbol_file *file, uint64_t address);

/* The raw name of the ELF symbol that covers address. */
const char *symbol_table_at(struct symbol_file *file, uint64_t address);
/* The same of variables; *ret_offset: how far address lies in it. Thread-local ones go by their
   offset in the module's thread-local memory. */
const char *symbol_table_object(struct symbol_file *file, uint64_t address, uint64_t *ret_offset);
const char *symbol_table_thread_object(struct symbol_file *file, uint64_t offset,
                                       uint64_t *ret_offset);

/* The entry of the global variable at address, and where it begins. */
bool symbol_variable_die(struct symbol_file *file, uint64_t address, Dwarf_Die *ret_die,
                         uint64_t *ret_low);

/* Where a member begins in its structure, bytes. */
uint64_t symbol_member_offset(Dwarf_Die *member);

/* The entry of the function around address, and where it, or this part of it, begins; by DWARF. */
bool symbol_function_at(struct symbol_file *file, uint64_t address, Dwarf_Die *ret_die,
                        uint64_t *ret_start);

/* Opens it at the first call. False: there is nothing to read. */
bool symbol_file_ready(struct symbol_file *file);

/* path as a unit's line table or declarations name it, made absolute and clean. */
const char *symbol_source_path(struct symbol_file *file, Dwarf_Die *unit, const char *path);

/* Demangled and without the suffixes of compilers' clones (.part.0, .cold …); in the arena. */
const char *symbol_clean_name(struct symbol_file *file, const char *raw);

#endif
