/*
 * Rows: how to get from a frame to its caller, for one pc, and the cache of them.
 *
 * The naive model: find the function's call frame instructions (state/eh_frame.h), run them up to
 * pc (state/dwarf_rules.h), and read CFA, return address and saved rbp where they say. What depends
 * on pc alone is done once and kept: a cache maps pc to a code of 16 bits, which is either the row
 * itself (CFA = rsp or rbp + a multiple of 8, return address at CFA - 8, rbp unchanged or saved
 * below it: nearly all rows) or the number of a struct unwind_row.
 *
 * A cache entry is one word, pc and code together, so that it is read and written whole; entries
 * are never locked. unwind_forget makes all of them empty; a fork's child keeps them, as it keeps
 * the code.
 *
 * Used by state/walk.c. Any thread, also in signal handlers.
 */
#ifndef HOLDFAST_STATE_UNWIND_H
#define HOLDFAST_STATE_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "state/dwarf_rules.h"

enum row_kind {
    ROW_NO_INFO, /* the module does not say how to go on */
    ROW_NORMAL,
    ROW_END,       /* the return address is undefined: the outermost frame */
    ROW_COMPLEX,   /* more than a row can say: state/careful.h */
    ROW_NO_MODULE, /* pc is in no module; never cached */
    ROW_KINDS
};

/* CFA = base + offset, or, with deref, *(base + offset) + add. */
struct unwind_row {
    uint8_t kind; /* enum row_kind */
    bool signal;  /* a signal trampoline: the caller's pc is where it was interrupted */
    bool cfa_deref;
    uint8_t cfa_base;
    int32_t cfa_offset, cfa_add;
    struct dwarf_rule ra, bp;
};

/* Codes. With CODE_WIDE: the number of a row in unwind_rows. Without: the row itself. */
#define CODE_WIDE         0x8000u
#define CODE_BASE_BP      0x4000u
#define CODE_SLOT(code)   ((code) >> 10 & 15u)   /* rbp is saved at CFA - 8 * slot; 0 = unchanged */
#define CODE_OFFSET(code) (((code)&0x3ffu) * 8u) /* from the base to the CFA, bytes */

/* Numbers below ROW_KINDS are no rows: the kind is all there is to say. */
#define UNWIND_ROWS_MAX 0x8000u
extern struct unwind_row unwind_rows[UNWIND_ROWS_MAX];

#define UNWIND_SETS 0x8000u
extern uint64_t (*unwind_cache)[2]; /* UNWIND_SETS sets of two */

/* Makes the cache; before the first walk. */
bool unwind_start_up(void);

uint32_t unwind_code_slow(uintptr_t key);

/* The code for a key: pc itself for an instruction that was interrupted, pc - 1 for a return
   address (a call may be the last instruction of its function). */
static inline uint32_t unwind_code(uintptr_t key)
{
    uint64_t *set = unwind_cache[(key >> 2 ^ key >> 17) & (UNWIND_SETS - 1)];
    /* Publishes the wide row that it names. Pairs with the release in cache_put(). */
    uint64_t entry = __atomic_load_n(&set[0], __ATOMIC_ACQUIRE);
    if (likely(entry >> 16 == key))
        return entry & 0xffff;
    entry = __atomic_load_n(&set[1], __ATOMIC_ACQUIRE);
    if (likely(entry >> 16 == key))
        return entry & 0xffff;
    return unwind_code_slow(key);
}

/* The row that rules make, and the code of a row. For unwind.c and tests. */
void unwind_row_of(const struct dwarf_rules *rules, bool signal, struct unwind_row *ret_row);
uint32_t unwind_row_code(const struct unwind_row *row);

/* Code was unmapped: all cached rows may be about something else now. */
void unwind_forget(void);

#endif
