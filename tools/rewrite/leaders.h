/*
 * Shared by the files that look for leaders: leaders.c, table.c (jump tables), data.c (data between
 * instructions).
 */
#ifndef HOLDFAST_TOOLS_REWRITE_LEADERS_H
#define HOLDFAST_TOOLS_REWRITE_LEADERS_H

#include "scan.h"

/* leaders.c. Something comes to the middle of an instruction: pins it and what it overlaps with.
   false: an instruction starts there, or it is no code of ours. */
bool leaders_land(struct module *module, uint32_t offset);

/* table.c. Addresses that code takes, and the tables of jumps that they lead to. */
bool tables_find(struct module *module);

/* data.c. Pins what looks like code, is reached by nothing and is read as data. */
void data_in_text(struct module *module);
/* Something says that what lies there is data. */
void data_note(struct module *module, uint32_t offset);

/* A leader, if an instruction starts there. */
static inline bool leader_mark_kind(struct module *module, uint64_t address, unsigned leader)
{
    uint64_t offset = address - module->text_start;
    if (offset >= text_size(module) || !(module->starts[offset / 64] >> offset % 64 & 1))
        return false;
    module->leaders[offset] |= (uint8_t)leader;
    return true;
}

static inline bool leader_mark_code(struct module *module, uint64_t address)
{
    return leader_mark_kind(module, address, LEADER_POINTER);
}

#endif
