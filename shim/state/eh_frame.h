/*
 * Finding what .eh_frame says of one pc: the call frame instructions of the function that holds it.
 *
 * The module comes from _dl_find_object (glibc 2.35: lock-free, safe in signal handlers), the
 * function from the binary search table of .eh_frame_hdr, or from a walk over .eh_frame where the
 * table is missing or in another encoding. Layout: LSB Core, "Exception Frames"; DWARF 5, 6.4.
 * Nothing here trusts a length or an offset: all reads stay inside the module's mapping.
 *
 * Used by state/unwind.c. Any thread, no state.
 */
#ifndef HOLDFAST_STATE_EH_FRAME_H
#define HOLDFAST_STATE_EH_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes being read; bad is set, and zeroes are read, from the first read past the end on. */
struct dwarf_bytes {
    const uint8_t *at, *end;
    bool bad;
};

uint64_t dwarf_unsigned(struct dwarf_bytes *bytes, unsigned size); /* 1, 2, 4 or 8 bytes */
uint64_t dwarf_uleb(struct dwarf_bytes *bytes);
int64_t dwarf_sleb(struct dwarf_bytes *bytes);

/* A pointer in one of the DW_EH_PE_* encodings. table: base of DW_EH_PE_datarel. */
uintptr_t dwarf_pointer(struct dwarf_bytes *bytes, uint8_t encoding, uintptr_t table);

/* The instructions that apply to one function. */
struct frame_code {
    uintptr_t start, end;           /* the function: start <= pc < end */
    struct dwarf_bytes common, own; /* initial instructions (CIE), then the function's (FDE) */
    uint64_t code_factor;
    int64_t data_factor;
    uint8_t encoding; /* of addresses inside the instructions */
    bool augmented;   /* augmentation 'z': every FDE carries augmentation data */
    bool signal;      /* augmentation 'S': a signal trampoline */
};

enum frame_search {
    FRAME_FOUND,
    FRAME_NO_MODULE, /* pc is in no loaded module (generated code, or no code at all) */
    FRAME_NO_INFO,   /* the module says nothing about pc, or nothing that we can read */
};

enum frame_search frame_code_find(uintptr_t pc, struct frame_code *ret_code);

/* For tests: the same for bytes at hand. hdr: an .eh_frame_hdr inside [start, end). */
enum frame_search frame_code_in(const uint8_t *hdr, uintptr_t start, uintptr_t end, uintptr_t pc,
                                struct frame_code *ret_code);

#endif
