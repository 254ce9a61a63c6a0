/*
 * What the rewriter knows of one module: its file, its instructions, where jumps can land, and
 * which registers and flags somebody may still read. Made by module.c, decode.c, leaders.c,
 * liveness.c, escape.c in this order; read by run.c and what emits code. Never changes the file.
 *
 * Text offsets are ELF addresses less text_start.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_INSN_H
#define HOLDFAST_TOOLS_REWRITE_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/rewrite.h"

enum insn_kind {
    INSN_PLAIN,    /* goes on with the next */
    INSN_BRANCH,   /* jcc rel: to target or on */
    INSN_JUMP,     /* jmp rel */
    INSN_JUMP_FAR, /* jmp reg or mem */
    INSN_CALL,     /* never moves */
    INSN_RETURN,
    INSN_STOP, /* must not move: syscall, hlt, ud2, loop, jrcxz, xbegin, what we do not know */
};

/* Bits of uses, defines, live: 0..15 general registers by number, then the arithmetic flags. */
#define INSN_FLAGS (1u << 16)

/* How its operand in memory concerns us. */
enum insn_memory {
    MEMORY_NONE,     /* no memory, or what cannot race: read-only memory, push, pop, prefetch, nop,
                        lea, a frame that does not escape */
    MEMORY_PLAIN,    /* to be checked: 1 to 64 bytes at operand */
    MEMORY_LOCKED,   /* lock prefix, or xchg with memory */
    MEMORY_STRING,   /* movs, stos, lods, scas, cmps, with or without rep */
    MEMORY_LEFT_OUT, /* not watched: gather, masked, saves of state, gs-relative … */
};

/* A prefix that may stand before any instruction; not REX, nor that of 32-bit addresses (67). */
static inline bool insn_legacy_prefix(uint8_t byte)
{
    switch (byte) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
    case 0x66:
    case 0xf0:
    case 0xf2:
    case 0xf3:
        return true;
    default:
        return false;
    }
}

/* 32 bytes: a large library has ten million. */
struct insn {
    uint32_t offset;
    uint8_t length;
    uint8_t kind;              /* enum insn_kind */
    uint8_t access;            /* enum insn_memory */
    uint8_t size;              /* of the access, bytes */
    uint16_t flags;            /* enum rewrite_site_flag */
    uint8_t condition;         /* of a branch: low 4 bits of jcc */
    uint8_t displacement;      /* offset of the 32-bit displacement in it; with relative */
    int8_t base, index;        /* of the access: 0..15, -1 none */
    uint8_t scale;             /* 1, 2, 4, 8; 0 without index */
    bool relative : 1;         /* RIP-relative: for an access, a lea, a call or jump by memory */
    bool in_thread : 1;        /* %fs-relative: address = fs base + the operand */
    bool pinned : 1;           /* must stay: something jumps into its middle, or it may be data */
    bool unwinds : 1;          /* a fault in it may land at a landing pad of its function */
    uint8_t frame : 4;         /* for escape.c: enum frame_effect */
    int32_t offset_of_operand; /* the displacement (relative: as encoded) */
    uint32_t target;           /* of BRANCH, JUMP, CALL rel: text offset; UINT32_MAX: outside */
    uint64_t uses : 17, defines : 17, live : 17; /* live: behind it */
};

/* Why somebody may jump to an address. */
enum leader {
    LEADER_BRANCH = 1u << 0,
    LEADER_TABLE = 1u << 1,
    LEADER_FUNCTION = 1u << 2,
    LEADER_POINTER = 1u << 3,
    LEADER_LANDING = 1u << 4,
    LEADER_RETURN = 1u << 5 /* follows a call */,
    LEADER_PADDING = 1u << 6,
    LEADER_OUTSIDE = 1u << 7, /* with BRANCH: from another function */
};

struct segment {
    uint64_t start, end; /* ELF addresses */
    uint64_t file_end;
    const uint8_t *bytes; /* of the file, at start */
    bool writable, executable;
};

struct function {
    uint32_t start, end; /* text offsets, of an FDE */
    bool escapes;        /* takes the address of its frame: stack accesses are watched */
    bool skipped;        /* by an option */
    bool stubs;          /* .plt and the like: jumps through slots of the loader */
    bool fresh;          /* begins with its caller's frame: not the cold part of another */
    uint64_t handlers;   /* ELF address of its LSDA, 0 none */
    bool mixed;          /* there may be data among its code */
    bool joined;         /* shares its frame with others */
    bool frame_base;     /* of a group: some of it puts a frame's address into rbp */
    bool base_changes;   /* of a group: a part that is no function changes rbp */
    uint32_t group;      /* functions that share a frame (cold parts): index of one of them */
};

struct module {
    const char *path;
    const uint8_t *file;
    size_t file_size;
    uint64_t file_mtime;
    uint8_t build_id[20];
    uint32_t build_id_size;
    bool position_independent;
    uint64_t relro_start, relro_end; /* read-only once the loader is done */
    uint64_t text_start, text_end;   /* page aligned: all executable segments */
    const uint8_t *text;             /* bytes at text_start; zero where no segment is */
    uint64_t slots_start, slots_end; /* the loader's, for the PLT: nothing else writes them */
    struct segment segments[32];
    uint32_t segment_count;
    struct function *functions; /* by start */
    uint32_t function_count;
    struct insn *insns; /* by offset */
    uint32_t insn_count;
    uint64_t *starts; /* bit per text byte: an instruction starts there */
    uint32_t *before; /* instructions before each word of starts */
    uint8_t *leaders; /* by text offset: enum leader */
    uint32_t *data;   /* text offsets that seem to be data among code */
    uint32_t data_count;
    uint64_t covered_bytes;
    uint32_t undecoded; /* bytes inside FDEs */
};

/* Each returns false, with a line on stderr, when the module cannot be rewritten. */
bool module_open(struct module *module, const char *path);
bool module_decode(struct module *module);  /* functions, insns, leaders of code itself */
bool module_leaders(struct module *module); /* tables, pointers, landing pads, gaps */
bool module_liveness(struct module *module);
void module_escape(struct module *module); /* turns accesses to private frames to MEMORY_NONE */
/* Marks movs that are atomic operations by name or type (SITE_ATOMIC). */
void module_atomics(struct module *module);
/* The same for movs whose value a loop with `pause` in it waits for. */
void module_waits(struct module *module);
void module_close(struct module *module);

/* Processors without popcnt are among ours, and a call of libgcc's costs more than this. */
static inline uint32_t bits_in(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555;
    word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
    word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
    return (uint32_t)(word * 0x0101010101010101 >> 56);
}

/* NULL: no instruction that we know starts there. */
static inline struct insn *insn_at(const struct module *module, uint32_t offset)
{
    if (offset >= module->text_end - module->text_start)
        return NULL;
    uint64_t word = module->starts[offset / 64], bit = 1ull << offset % 64;
    if (!(word & bit))
        return NULL;
    return &module->insns[module->before[offset / 64] + bits_in(word & (bit - 1))];
}

#endif
