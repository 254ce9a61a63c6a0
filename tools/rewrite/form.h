/* Forms of instructions that were decoded before; decode.c's alone. */
#ifndef HOLDFAST_TOOLS_REWRITE_FORM_H
#define HOLDFAST_TOOLS_REWRITE_FORM_H

#include "decode.h"

/* The instruction at an offset, if one of its form was kept. Its access is that of its form:
   whether its address is one that cannot race is for the caller to say. */
bool form_find(const struct module *module, uint32_t offset, uint32_t end, struct insn *ret);
void form_keep(const uint8_t *bytes, const ZydisDecodedInstruction *decoded,
               const struct insn *insn);

#endif
