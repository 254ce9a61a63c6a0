/*
 * The code of a check, as format/rewrite.h tells it: what stands before the instruction, and, once
 * that is written, what stands behind it and in the cold part.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_CHECK_H
#define HOLDFAST_TOOLS_REWRITE_CHECK_H

#include "code.h"

/* What one instruction's check is made of; decided by trampoline.c. */
struct check {
    const struct insn *insn;
    const uint8_t *bytes; /* of the instruction */
    struct operand operand;
    enum rewrite_form form;
    uint32_t site_word;
    int scratch;       /* the register that it works in */
    bool borrow;       /* whose value the program needs: put aside for the check */
    bool keep_flags;   /* the program needs its flags */
    bool rax_is_free;  /* rax may be lost where flags are kept */
    bool flags_behind; /* somebody reads the flags behind the instruction */
    int lent;          /* register that the whole run has borrowed, -1 none */
    /* Between check_before and check_behind. */
    uint8_t *misses[8];
    uint32_t miss_count;
    int64_t passed[8];
    int64_t back;
};

/* A plain access of this many bytes is compared with filter cells; others ask the shim always. */
bool has_cells(const struct insn *insn);

void check_before(struct check *check, struct code *hot);
void check_behind(struct check *check, struct code *hot, struct code *cold);

/* A row of the ledger from here on, while the run has borrowed `lent`. */
void check_row(struct code *code, const struct insn *insn, unsigned state, int lent);

#endif
