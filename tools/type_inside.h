/* What type_word.c and type_operand.c share. */
#ifndef HOLDFAST_TOOLS_TYPE_INSIDE_H
#define HOLDFAST_TOOLS_TYPE_INSIDE_H

#include "symbol_index.h"
#include "type_word.h"

/* DW_AT_type, also of the origin of an inlined variable. */
bool type_of_die(Dwarf_Die *die, Dwarf_Die *ret_type);

/* What a type says of the bytes at an offset in it. ret_last: the innermost type there, without its
   qualifiers. */
enum type_word type_word_at(const Dwarf_Die *type, uint64_t offset, Dwarf_Die *ret_last);

#endif
