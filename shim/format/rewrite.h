/*
 * The image of a rewritten module: what `holdfast-rewrite` makes of one executable or library,
 * keeps on disk by build-id, and the shim maps into processes that load that module.
 *
 * Decoding and emitting happen outside of the watched program: no decoder, no memory and no time of
 * theirs in it, and what runs there is small: map the image's code at its distance from the text,
 * fix what the process alone knows, compare the bytes to be replaced, replace them. All distances
 * between text, data and moved code are the same in every process, so RIP-relative operands are
 * final in the image.
 *
 * The file is a header and arrays at page-aligned offsets, rows sorted as said. The shim believes
 * none of it: sizes and offsets are checked against the file, patches against the module's text and
 * `before`, the header and all rows but code against `hash`. Text offsets are from text_start, code
 * offsets from the start of the code.
 *
 * Moved code of one run: it borrows a register when none is free (%fs:scratch), then each
 * instruction, its check before it, and at the end a jump to what follows (moved code or text).
 *
 * The check of a plain access of 4 or 8 bytes, with a free register R:
 *   - where flags are live: rax to %fs:rax; lahf; seto %al; rax to %fs:flags; rax back;
 *   - R := the filter cell: mov %gs:OPERAND, R (form GS), or lea OPERAND, R; xor %fs:flip, R;
 *     mov (R), R (form FLIP);
 *   - cmp %fs:read, R (a store: %fs:write); jne to the cold part;
 *   - behind it: flags back, the instruction.
 * One or two bytes first look for what the cell has of these bytes, then for whose it is:
 *   - lea of the last byte, R; form FLIP: xor %fs:flip, R;
 *   - two bytes: testb $1 (a store: $2), %gs:-1(R) or -1(R); je to the cold part;
 *   - the same of (R); two bytes: test $3, R; je, for they lie in two cells;
 *   - and $-4, R; R := the cell there; or $0x03030303, R; cmp %fs:write, R; jne.
 * The cold part:
 *   - a load of 4 or 8 bytes: cmp %fs:write, R; je behind the check;
 *   - lea OPERAND, R; mov R, %fs:address; movl $site, %fs:site (rewrite_site_word: for all thunks);
 *     lea -128(%rsp), %rsp; call THUNK_CHECK; lea 128(%rsp), %rsp;
 *   - a load: cmpl $0, %fs:after; when it is not 0: the load once more, call THUNK_AFTER, on
 *     behind the first;
 *   - jmp behind the check.
 * Larger accesses ask for every cell, 8 bytes at a time. What does not hit the shim records, exact
 * to the byte.
 */
#ifndef HOLDFAST_FORMAT_REWRITE_H
#define HOLDFAST_FORMAT_REWRITE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REWRITE_MAGIC   "HFREWRIT"
#define REWRITE_VERSION 3u /* of this file and of all code that images hold */

/* Words of a thread that moved code reaches as %fs:(offset of the struct + offset in it). The
   struct lies in the shim's static TLS, 64-byte aligned. */
struct rewrite_slots {
    /* The tag of this thread's present epoch, in both halves: what a filter cell (4 bytes for 4
       bytes of the program's) holds when this thread has written, or read, all 4 bytes in this
       epoch. Changed by the thread alone. */
    uint64_t write, read;
    uint64_t flip;    /* form FLIP: the filter cell of address a lies at a ^ flip */
    uint64_t scratch; /* the program's value of the borrowed register */
    uint64_t rax;     /* the program's, while flags are fetched or put back */
    uint64_t flags;   /* ax after lahf; seto %al: the program's arithmetic flags */
    uint64_t address; /* of the access that a thunk is called for */
    uint32_t site;    /* rewrite_site_word of its row */
    uint32_t after; /* THUNK_CHECK, THUNK_BEFORE say: call THUNK_AFTER when so many bytes have been
                       accessed; 0: no call */
};
static_assert(sizeof(struct rewrite_slots) == 64, "one cache line");

/* In a tag, and in a cell for each of its bytes: this byte of the program's was read or written in
   the epoch of the tag, or written. What a cell holds but these bits says which epoch. */
#define CELL_TOUCHED_BITS 0x0101010101010101ull
#define CELL_WRITTEN_BITS 0x0202020202020202ull

/* Functions of the shim that moved code calls, by `call *thunk(%rip)`-style slots at the start of
   the code: slot i is 8 bytes at code offset 8 * i, filled in by the shim. All keep every register;
   all but THUNK_CHECK keep the flags too. Called with the stack pointer 128 below the program's
   (red zone) and then the return address. */
enum rewrite_thunk {
    THUNK_CHECK = 0,  /* a plain access that no filter cell covers; before it */
    THUNK_BEFORE = 1, /* before a locked instruction, or xchg with memory */
    THUNK_AFTER = 2,  /* after an access that asked for it */
    THUNK_STRING = 3, /* before a string instruction: rcx, rsi, rdi and DF say what it touches */
    THUNK_RANGE = 4,  /* before any other access of site.size bytes at %fs:address */
    THUNK_COUNT = 8,
};

/* How filter cells are reached. */
enum rewrite_form {
    FORM_MOVE_ONLY = 0, /* no checks at all: proves that moving alone changes nothing */
    FORM_GS = 1,        /* %gs:address, gs base = distance of the filter */
    FORM_FLIP = 2,      /* address ^ flip: for processes with memory at low addresses (not PIE) */
    FORM_COUNT
};

/* Where an image's code can lie: text_start + distance. Each variant is an image of its own, so who
   wants one looks first where there is room: for rewrite_room bytes. The first ones are the best;
   the others, every place that is any good, are for processes with hundreds of modules, or with the
   stack close above them. */
#define REWRITE_FIRST    64u
#define REWRITE_TOPS     37u
#define REWRITE_SECONDS  21u
#define REWRITE_VARIANTS (REWRITE_FIRST + REWRITE_TOPS * REWRITE_SECONDS)
#define REWRITE_GROWTH   11u

/* Code is seldom larger, and is left room for a few jumps in small modules. */
static inline uint64_t rewrite_room(uint64_t text_size)
{
    return text_size * REWRITE_GROWTH + (192u << 10);
}

/* What stands around a module: the heap grows behind the program, libraries are mapped one below
   the other with nothing for a long way above the first. */
enum rewrite_kind {
    REWRITE_LIBRARY,
    REWRITE_PROGRAM, /* position independent */
    REWRITE_FIXED,   /* a program at the bottom of the address space */
};

/* All bytes that fault as an opcode are tops, those that are followed by others first, for large
   modules choose first. Behind one that stands alone is not much room: low second bytes first. Who
   has no room somewhere, or is out of reach, finds out. */
static inline int64_t rewrite_further_distance(uint32_t number)
{
    static const uint8_t tops[REWRITE_TOPS] = {
        0xec, 0xe4, 0x6c, 0xd4, 0xed, 0xe5, 0x6d, 0x06, 0x16, 0x1e, 0x60, 0xee, 0xe6,
        0x6e, 0xd5, 0xfa, 0xea, 0xf4, 0xf1, 0xef, 0xe7, 0xd6, 0x6f, 0x61, 0x07, 0x17,
        0x1f, 0xfb, 0xce, 0xcc, 0x9a, 0x82, 0x0e, 0x27, 0x2f, 0x37, 0x3f};
    static const uint8_t seconds[2][REWRITE_SECONDS] = {
        {0xe4, 0xec, 0x6c, 0xd4, 0x06, 0x16, 0x1e, 0x60, 0xfa, 0x0e, 0x27,
         0x2f, 0x37, 0x3f, 0x82, 0x9a, 0xcc, 0xce, 0xea, 0xf1, 0xf4},
        {0x06, 0x16, 0x1e, 0x0e, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x6c, 0x82,
         0x9a, 0xcc, 0xce, 0xd4, 0xe4, 0xea, 0xec, 0xf1, 0xf4, 0xfa},
    };
    uint32_t index = number % REWRITE_TOPS;
    uint32_t second = seconds[index > 15][number / REWRITE_TOPS];
    return (int64_t)(int32_t)((uint32_t)tops[index] << 24 | second << 16);
}

/* The top byte is one that faults as an opcode (tools/rewrite/place.h), and for most the next one
   too: then 0xe4 below it leads into many more of them. Where all of these places are taken, other
   second bytes give more, good enough for small modules. */
static inline int64_t rewrite_distance(enum rewrite_kind kind, uint64_t text_size, uint32_t variant)
{
    static const uint8_t tops[][16] = {
        {0x6c, 0x60, 0x1e, 0x16, 0x06, 0x6e, 0x6d, 0x3f, 0x37, 0x2f, 0x27, 0xec, 0xe4, 0xd4, 0xee,
         0xe6},
        {0xec, 0xe4, 0xee, 0xe6, 0xd4, 0xed, 0xe5, 0xd5, 0xce, 0x9a, 0xfa, 0xf4, 0xef, 0xe7, 0xea,
         0xd6},
        {0x6c, 0x60, 0x6e, 0x61, 0x3f, 0x6d, 0x37, 0x2f, 0x27, 0x1e, 0x16, 0x6f, 0x1f, 0x17, 0x0e,
         0x07},
    };
    static const uint8_t seconds[] = {0xe4, 0xec, 0x6c, 0xd4},
                         alone_seconds[] = {6, 0x1e, 0x16, 0x0e};
    if (variant >= REWRITE_FIRST)
        return rewrite_further_distance((variant - REWRITE_FIRST) %
                                        (REWRITE_TOPS * REWRITE_SECONDS));
    uint32_t top = tops[kind][variant % 16], more = variant / 16;
    /* Below the program there must be room up to it. */
    if (top >= 0x80 && ((uint64_t)(0x100 - top) << 24) < text_size * (REWRITE_GROWTH + 2))
        top = variant % 2 ? 0x9a : 0xd4;
    bool alone = top == 0x3f || top == 0x37 || top == 0x2f || top == 0x27 || top == 0x0e ||
                 top == 0xce || top == 0x9a || top == 0xf4 || top == 0xea;
    uint32_t second = alone ? alone_seconds[more] : seconds[more];
    return (int64_t)(int32_t)(top << 24 | second << 16);
}

struct rewrite_part {
    uint64_t offset; /* in the file, page aligned */
    uint32_t count;  /* rows, or bytes */
    uint32_t row;    /* bytes of a row, 1 for bytes */
};

enum rewrite_part_kind {
    PART_CODE = 0, /* bytes, to be mapped executable; multiple of 4096 */
    PART_PATCHES,  /* struct rewrite_patch, by text offset, not overlapping */
    PART_BEFORE,   /* bytes that the patches replace, in their order */
    PART_AFTER,    /* bytes that replace them */
    PART_SLOTS, /* uint32_t code offsets of 32-bit words to add the slots' %fs offset to; sorted */
    PART_SITES, /* struct rewrite_site, by text offset */
    PART_MOVED, /* struct rewrite_moved, by code offset */
    PART_BY_TEXT, /* uint32_t indices into PART_MOVED, by text offset: of each instruction its first
                     hot row, and when that is a check's the one behind it */
    PART_LEFT_OUT, /* struct rewrite_left_out, by text offset */
    PART_COUNT = 16,
};

struct rewrite_header {
    char magic[8];
    uint32_t version;
    uint32_t size;      /* of this header */
    uint64_t hash;      /* of the header with hash = 0 and all parts but PART_CODE (rewrite_hash) */
    uint64_t code_hash; /* of PART_CODE (rewrite_hash_code) */
    uint8_t build_id[20];
    uint32_t build_id_size;         /* 0: none; then file_size and file_mtime must agree */
    uint64_t file_size, file_mtime; /* ns */
    uint64_t text_start, text_end;  /* ELF addresses of what is patched: whole pages around */
    int64_t distance;               /* the code lies at text_start + distance */
    uint32_t form, variant;         /* enum rewrite_form; < REWRITE_VARIANTS */
    uint64_t options;               /* hash of --watch and --skip that chose functions, 0 none */
    struct rewrite_part part[PART_COUNT];
    /* For the report: instructions that touch memory by what became of them. */
    uint64_t accesses; /* all memory operands in text that FDEs cover */
    uint64_t watched;
    uint64_t harmless; /* cannot race: read-only memory, push, call, frames that do not escape */
    uint64_t left_out; /* the rest: PART_LEFT_OUT says where and why */
    uint64_t text_bytes, covered_bytes;
};

struct rewrite_patch {
    uint32_t offset; /* in the text */
    uint16_t size;
    uint8_t kind; /* enum rewrite_patch_kind */
    uint8_t jump; /* bytes at its start that are a jump; the rest are traps (int3) */
};
enum rewrite_patch_kind {
    PATCH_RUN = 1,  /* a run of 5 bytes or more: jmp rel32, then int3; jump is 0 for what is left of
                       a run behind a hole in it */
    PATCH_HOP = 2,  /* a run of 2 to 4: jmp rel8 into a hole, then int3 */
    PATCH_HOLE = 3, /* the hop's jmp rel32, in bytes of a moved run or of padding */
    PATCH_TRAP = 4, /* int3 alone: the run is reached by the trap handler */
};

/* What a site of an access is. */
enum rewrite_site_flag {
    SITE_WRITE = 1u << 0,  /* stores (and may load too) */
    SITE_LOCKED = 1u << 1, /* locked instruction or xchg with memory */
    SITE_MOVE = 1u << 2,   /* nothing but a load or nothing but a store: it may be an atomic's */
    SITE_STRING = 1u << 3, /* size = of one element */
    SITE_REPEATED = 1u << 4,
    SITE_STACK = 1u << 5,  /* relative to rsp, or to rbp of a frame */
    SITE_THREAD = 1u << 6, /* relative to %fs */
    SITE_LOADS = 1u << 7,  /* loads (with SITE_WRITE: read-modify-write) */
    SITE_SOURCE = 1u << 8, /* string: reads [rsi] */
    SITE_TARGET = 1u << 9, /* string: writes, or with scas and cmps reads, [rdi] */
    /* A mov in a function of std::atomic, core::sync::atomic, or of a variable of such a type: a
       load acquires, a store releases, and what it touches is a location of synchronisation. */
    SITE_ATOMIC = 1u << 10,
};
struct rewrite_site {
    uint32_t offset; /* of the instruction in the text */
    uint16_t flags;
    uint16_t size; /* bytes */
};

/* What code puts into slots.site: the number of the row, and what the fast part of a thunk needs of
   it (bit 0: writes; bits 1 to 3: log2 of the size; bit 4: SITE_MOVE; bit 5: SITE_ATOMIC), so that
   it need not read the row. SITE_WORD_ASK in place of the size: only the row says it. */
#define SITE_WORD_WRITE  1u
#define SITE_WORD_ASK    7u
#define SITE_WORD_MOVE   16u
#define SITE_WORD_ATOMIC 32u
#define SITE_WORD_ROW    6u /* shift */
static inline uint32_t rewrite_site_word(uint32_t row, const struct rewrite_site *site)
{
    uint32_t size = SITE_WORD_ASK;
    if (site->size && site->size <= 64 && !(site->size & (site->size - 1)))
        size = (uint32_t)__builtin_ctz(site->size);
    return row << SITE_WORD_ROW | (site->flags & SITE_ATOMIC ? SITE_WORD_ATOMIC : 0) |
           (site->flags & SITE_MOVE ? SITE_WORD_MOVE : 0) | size << 1 |
           (site->flags & SITE_WRITE ? SITE_WORD_WRITE : 0);
}

/* Code between offset and offset + size belongs to the instruction at text; what the program would
   see of its registers there follows from state. */
enum rewrite_moved_state {
    MOVED_CHECKING = 1u << 0, /* before the instruction: its effects are still to come */
    MOVED_DONE = 1u << 1, /* behind it: the program is at the next instruction (text + length) */
    MOVED_BORROWED = 1u << 2, /* the program's value of scratch lies in slots.scratch */
    MOVED_FLAGS = 1u << 3,    /* its arithmetic flags lie in slots.flags */
    MOVED_RAX = 1u << 4,      /* its rax lies in slots.rax */
    MOVED_CALL = 1u << 5,     /* the stack pointer is 128 bytes too low */
    MOVED_COLD = 1u << 6,     /* in a cold part: no way back from text to here */
};
struct rewrite_moved {
    uint32_t code, text;
    uint16_t size;
    uint8_t state;
    uint8_t length : 4;  /* of the instruction in the text */
    uint8_t scratch : 4; /* number of the borrowed register (0 rax … 15 r15) */
};
static_assert(sizeof(struct rewrite_moved) == 12, "half of an image is these");
/* A fault at a filter load (address without a filter cell) goes on behind its check: the hot row of
   the same text without MOVED_CHECKING. What the first row says lies in slots and the second does
   not is put back before. */

/* What holdfast-rewrite ends with when an image could not be written to its file. */
#define REWRITER_NOT_KEPT 3

enum rewrite_why {
    WHY_NOT_DECODED = 1,
    WHY_NO_ROOM,
    WHY_NO_REGISTER,
    WHY_OPERAND,
    WHY_TARGET_INSIDE,
    WHY_SYSTEM,
    WHY_SKIPPED,
    WHY_NO_FRAME_INFO,
    WHY_COUNT
};
struct rewrite_left_out {
    uint32_t offset, size; /* text bytes */
    uint16_t accesses;     /* memory operands among them */
    uint16_t why;          /* enum rewrite_why */
};

static inline uint64_t rewrite_hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 29;
}

/* The hash of an image: begin with 0, the header with hash = 0 first, then each part but PART_CODE
   in the order of its kind. Bytes that are not a multiple of 8 count as if zeroes followed. */
static inline uint64_t rewrite_hash(uint64_t hash, const void *bytes, uint64_t size)
{
    const unsigned char *at = bytes;
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word = at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
                        (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
                        (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
        hash = rewrite_hash_word(hash, word);
    }
    for (unsigned shift = 0; size; at++, size--, shift += 8)
        hash = (hash ^ (uint64_t)*at << shift) * 0x9e3779b97f4a7c15ull;
    return hash ^ hash >> 32;
}

/* The same for code, which is most of an image: four neighbouring words at a time, so that their
   multiplications need not wait for one another. size: a multiple of 32. Begin with these lanes,
   any number of pieces; rewrite_hash of the lanes is the result. */
#define REWRITE_HASH_LANES                                                                         \
    {                                                                                              \
        1, 2, 3, 4                                                                                 \
    }
static inline void rewrite_hash_lanes(uint64_t lanes[4], const void *code, uint64_t size)
{
    const unsigned char *bytes = code;
    for (uint64_t at = 0; at + 32 <= size; at += 32)
        for (unsigned i = 0; i < 4; i++) {
            uint64_t word;
            __builtin_memcpy(&word, bytes + at + 8 * i, sizeof word);
            lanes[i] = rewrite_hash_word(lanes[i], word);
        }
}
static inline uint64_t rewrite_hash_code(const void *code, uint64_t size)
{
    uint64_t lanes[4] = REWRITE_HASH_LANES;
    rewrite_hash_lanes(lanes, code, size);
    return rewrite_hash(0, lanes, sizeof lanes);
}

#endif
