/*
 * What the files that scan a module share: looking at its bytes by address, and what one of them
 * leaves for the next. Users of a scanned module need insn.h only.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_SCAN_H
#define HOLDFAST_TOOLS_REWRITE_SCAN_H

#include "insn.h"
#include "reader.h"
#include <elf.h>

#define NO_TARGET UINT32_MAX

enum {
    REGISTER_RAX,
    REGISTER_RCX,
    REGISTER_RDX,
    REGISTER_RBX,
    REGISTER_RSP,
    REGISTER_RBP,
    REGISTER_RSI,
    REGISTER_RDI
};

/* What an instruction does with the registers that can hold the address of a frame. Memory operands
   relative to them do nothing here. */
enum frame_effect {
    FRAME_NOTHING,   /* or moves rsp by a constant */
    FRAME_ODD,       /* the address of the frame goes elsewhere, or rsp comes from elsewhere */
    FRAME_TO_BASE,   /* rbp = rsp */
    FRAME_FROM_BASE, /* rsp = rbp + constant */
    FRAME_LEAVE,     /* rsp = rbp, rbp = what was saved */
    FRAME_BASE_SET,  /* rbp = something else */
    FRAME_BASE_USED, /* rbp's value goes elsewhere */
};

static inline uint64_t text_size(const struct module *module)
{
    return module->text_end - module->text_start;
}

/* Text offset of an ELF address; NO_TARGET outside. */
static inline uint32_t text_offset(const struct module *module, uint64_t address)
{
    uint64_t offset = address - module->text_start;
    return offset < text_size(module) ? (uint32_t)offset : NO_TARGET;
}

static inline void leader_mark(struct module *module, uint32_t offset, unsigned leader)
{
    if (offset < text_size(module))
        module->leaders[offset] |= (uint8_t)leader;
}

static inline void leader_mark_address(struct module *module, uint64_t address, unsigned leader)
{
    leader_mark(module, text_offset(module, address), leader);
}

/* The ELF address of a RIP-relative operand. */
static inline uint64_t insn_address(const struct module *module, const struct insn *insn)
{
    return module->text_start + insn->offset + insn->length + (uint64_t)insn->offset_of_operand;
}

/* The first instruction at or behind a text offset; one past the last: none. */
static inline struct insn *insn_from(const struct module *module, uint32_t offset)
{
    if (offset >= text_size(module))
        return module->insns + module->insn_count;
    uint64_t below = module->starts[offset / 64] & ((1ull << offset % 64) - 1);
    return &module->insns[module->before[offset / 64] + bits_in(below)];
}

/* module.c. The segment that an address lies in; NULL: none. */
const struct segment *module_segment(const struct module *module, uint64_t address);
/* Bytes of the file at an address up to the end of its segment; none: at == end. */
struct reader module_reader(const struct module *module, uint64_t address);
/* Nobody writes it while the program runs (the loader is not counted). */
bool module_is_constant(const struct module *module, uint64_t address);
/* Calls found for every executable section; where there are no headers, for the segments. */
void module_code_sections(const struct module *module,
                          void (*found)(void *arg, uint64_t start, uint64_t end), void *arg);
/* The address of a section by name; 0: none. */
uint64_t module_section(const struct module *module, const char *name);
bool module_refuse(const struct module *module, const char *why);

/* frame_info.c. Fills functions from the frame information; false, after a line on stderr. */
bool module_functions(struct module *module);
/* The function whose range holds an offset; NULL: none. */
struct function *function_at(const struct module *module, uint32_t offset);
/* Calls found for every landing pad, with the range of the calls that it serves. */
void function_landing_pads(const struct module *module, const struct function *function,
                           void (*found)(void *arg, uint64_t start, uint64_t end, uint64_t pad),
                           void *arg);

/* Does nothing come from it to the next? jmp, ret, hlt, int3, ud2 (leaders.c) */
bool insn_ends_path(const struct module *module, const struct insn *insn);
bool insn_is_padding(const struct module *module, const struct insn *insn);

/* Functions share a frame: one jumps to a place in the other that is no entry (escape.c). */
void functions_join(struct module *module, struct function *function, uint32_t target);
void functions_join_parts(struct module *module); /* by direct jumps and landing pads */
struct function *function_group(struct module *module, struct function *function);

/* decode.c. The instruction at a text offset, decoded, alone; end: of what may be read. */
void decode_init(void); /* once, before it; module_decode does it */
bool decode_at(const struct module *module, uint32_t offset, uint32_t end, struct insn *ret);

/* relocation.c. Calls found for every address that the loader will store somewhere, and every
   symbol's; slots: where the loader stores addresses of functions of the PLT. */
void module_pointers(const struct module *module, void (*found)(void *arg, uint64_t address),
                     void *arg);
void module_slots(const struct module *module, uint64_t *ret_start, uint64_t *ret_end);
/* An entry of the dynamic section; false: none. */
bool module_dynamic(const struct module *module, int64_t tag, uint64_t *ret);

#endif
