#include "report/object.h"

static struct evidence_row *object(struct finding *finding, uintptr_t address, enum sync_kind kind)
{
    struct evidence_row *row = finding_evidence(finding, EVIDENCE_LOCK, ROLE_HERE);
    row->a = address;
    row->b = (uint64_t)kind;
    return row;
}

void finding_object(struct finding *finding, const struct sync *sync)
{
    struct evidence_row *row = object(finding, sync->address, (enum sync_kind)sync->kind);
    row->b |= (uint64_t)sync->id << 32;
    row->c = sync->init_stack;
    finding_stack(finding, ROLE_INITIALISED, sync->init_stack, sync->init_thread);
}

void finding_address(struct finding *finding, uintptr_t address, enum sync_kind kind)
{
    object(finding, address, kind);
}
