/*
 * What is known of emitted code beside its bytes: which instruction of the text each byte belongs
 * to, and which words the shim fixes up. One ledger per stream of code (hot, cold, pads), in the
 * order of code offsets.
 */
#ifndef HOLDFAST_TOOLS_REWRITE_LEDGER_H
#define HOLDFAST_TOOLS_REWRITE_LEDGER_H

#include "insn.h"

struct ledger {
    uint32_t *slots; /* code offsets */
    size_t slot_count, slot_room;
    struct rewrite_moved *moved;
    size_t moved_count, moved_room;
    bool failed; /* no memory */
};

void ledger_slot(struct ledger *ledger, uint32_t code_offset);

/* From code_offset on the code belongs to insn, in this state. Ends the row before it. */
void ledger_row(struct ledger *ledger, uint32_t code_offset, const struct insn *insn, uint8_t state,
                int scratch);

/* The code ends here. */
void ledger_end(struct ledger *ledger, uint32_t code_offset);

void ledger_finish(struct ledger *ledger);

#endif
