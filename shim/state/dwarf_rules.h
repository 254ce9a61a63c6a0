/*
 * Running call frame instructions (DWARF 5, 6.4.2) up to one pc: where the CFA is and how each
 * register of the caller is found. state/unwind.c makes a row of the few that every walk needs,
 * state/careful.c uses them all.
 *
 * Any thread, no state.
 */
#ifndef HOLDFAST_STATE_DWARF_RULES_H
#define HOLDFAST_STATE_DWARF_RULES_H

#include "state/dwarf_expression.h"
#include "state/eh_frame.h"

/* DWARF register numbers (x86-64 psABI, figure 3.36). */
enum { REGISTER_BP = 6, REGISTER_SP = 7, REGISTER_PC = 16, REGISTER_COUNT = 17, BASE_CFA = 17 };

enum dwarf_rule_kind {
    RULE_SAME, /* unchanged */
    RULE_AT,   /* in memory at base + offset */
    RULE_IS,   /* base + offset itself */
    RULE_UNDEFINED,
    RULE_OTHER, /* anything else */
};

struct dwarf_rule {
    uint8_t kind; /* enum dwarf_rule_kind */
    uint8_t base; /* DWARF register number, or BASE_CFA */
    int32_t offset;
};

struct dwarf_rules {
    struct dwarf_sum cfa;
    bool cfa_known; /* false: an expression that is no sum */
    struct dwarf_rule rule[REGISTER_COUNT];
};

/* Returns false for instructions that are damaged or unknown. */
bool dwarf_rules(const struct frame_code *code, uintptr_t pc, struct dwarf_rules *ret_rules);

#endif
