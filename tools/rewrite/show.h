/* What the rewriter knows of a module, for people and for tests. */
#ifndef HOLDFAST_TOOLS_REWRITE_SHOW_H
#define HOLDFAST_TOOLS_REWRITE_SHOW_H

#include "insn.h"

void show_statistics(const struct module *module);
/* A line per leader: ELF address and letters for why. */
void show_leaders(const struct module *module);
/* A line per instruction: address, length, kind, access, what it reads and replaces, what lives
   behind it. */
void show_instructions(const struct module *module);

#endif
