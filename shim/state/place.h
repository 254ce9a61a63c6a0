/* What lies at an address that is no heap block of ours. Not for hot paths. */
#ifndef HOLDFAST_STATE_PLACE_H
#define HOLDFAST_STATE_PLACE_H

#include <stdint.h>

#include "format/tables.h"
#include "state/thread.h"

/* ret_module: path of the module that a PLACE_GLOBAL or PLACE_CODE lies in; lives as long as the
 * module. */
enum place place_of(const struct thread *self, uintptr_t address, const char **ret_module);

#endif
