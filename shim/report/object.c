#include "report/object.h"

#include "state/block.h"

static struct evidence_row *object(struct finding *finding, uintptr_t address, enum sync_kind kind)
{
    struct evidence_row *row = finding_evidence(finding, EVIDENCE_LOCK, ROLE_HERE);
    row->a = address;
    row->b = (uint64_t)kind;
    return row;
}

/* The heap block that it lies in. */
static void add_block(struct finding *finding, uintptr_t address)
{
    const struct block_row *row = block_around(address);
    if (!row)
        return;
    struct evidence_row *block = finding_evidence(finding, EVIDENCE_BLOCK, ROLE_ALLOCATED);
    block->a = block_address(row);
    block->b = block_size(row);
    block->c = address - block_address(row);
    finding_stack(finding, ROLE_ALLOCATED, row->stack, row->thread);
}

void finding_object(struct finding *finding, const struct sync *sync)
{
    struct evidence_row *row = object(finding, sync->address, (enum sync_kind)sync->kind);
    row->b |= (uint64_t)sync->id << 32;
    row->c = sync->init_stack;
    finding_stack(finding, ROLE_INITIALISED, sync->init_stack, sync->init_thread);
    add_block(finding, sync->address);
}

void finding_address(struct finding *finding, uintptr_t address, enum sync_kind kind)
{
    object(finding, address, kind);
}
