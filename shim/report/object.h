/* The synchronisation object that a finding is about, as evidence. */
#ifndef HOLDFAST_REPORT_OBJECT_H
#define HOLDFAST_REPORT_OBJECT_H

#include "report/finding.h"
#include "state/sync.h"

/* Its kind, address, where it was initialised, and the heap block that it lies in. */
void finding_object(struct finding *finding, const struct sync *sync);

/* The same for an object that is not known. */
void finding_address(struct finding *finding, uintptr_t address, enum sync_kind kind);

#endif
