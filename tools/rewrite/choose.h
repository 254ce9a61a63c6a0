/* Which functions are left out by --watch and --skip: MODULE or MODULE!FUNCTION with * and ?,
   several with commas. */
#ifndef HOLDFAST_TOOLS_REWRITE_CHOOSE_H
#define HOLDFAST_TOOLS_REWRITE_CHOOSE_H

#include "insn.h"

/* Sets function.skipped. MODULE is compared with the file's name without its folders; FUNCTION with
   the symbols there (of .symtab and .dynsym), as they are, demangled, and demangled without what
   follows the name. Parts of a function (.cold, .part.0) go with it. A function without a symbol is
   watched by MODULE alone, and skipped by MODULE alone. NULL or "": no such option. */
void module_choose(struct module *module, const char *watch, const char *skip);

/* For the image: 0 when neither chooses functions. */
uint64_t choose_hash(const char *watch, const char *skip);

#endif
