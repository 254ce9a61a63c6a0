/*
 * Proves an image right against the module that it was made from, without a look at how it was
 * made: every byte of moved code is decoded and followed.
 *
 *   verify_patches   what is written into the text: traps and jumps only, over whole instructions
 *                    that a run holds, each byte of a jump on an old boundary a trap byte
 *   verify_rows      every byte of code has a row, every word that is fixed up is a slot's
 *   verify_run       (verify_follow.c) from each instruction's first row on, each way through its
 *                    check, with symbols for values: registers, flags and stack are the program's
 *                    when it comes to the instruction and behind it, what a row promises of them
 *                    holds at each step, the instruction is the one of the text, and a check asked
 *                    the right cell or told the shim the right address
 */
#ifndef HOLDFAST_TESTS_REWRITE_VERIFY_H
#define HOLDFAST_TESTS_REWRITE_VERIFY_H

#include <Zydis/Zydis.h>

#include "rewrite/insn.h"

struct view {
    const struct module *module;
    const uint8_t *file;
    size_t size;
    const struct rewrite_header *header;
    const uint8_t *code;
    uint32_t code_size;
    const struct rewrite_moved *moved;
    uint32_t moved_count;
    const struct rewrite_patch *patches;
    uint32_t patch_count;
    const struct rewrite_site *sites;
    uint32_t site_count;
    const uint32_t *slots;
    uint32_t slot_count;
    uint32_t *row_of;  /* by instruction: its first hot row + 1 */
    uint32_t *site_of; /* by instruction: its site + 1 */
    ZydisDecoder decoder;
    unsigned long problems, followed, checks, elided;
};

struct step {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

void problem(struct view *view, uint32_t code, uint32_t text, const char *what);

bool step_decode(const struct view *view, const uint8_t *bytes, size_t room, struct step *ret);

/* The row that a code offset lies in, NULL none. */
const struct rewrite_moved *row_at(const struct view *view, uint32_t code);

/* The slot whose offset is fixed up inside [code, code + length), -1 none. */
int slot_inside(const struct view *view, uint32_t code, uint32_t length);

void verify_patches(struct view *view);
void verify_rows(struct view *view);
void verify_follow(struct view *view);

#endif
