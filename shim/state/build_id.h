/* The build-id of a module, in memory. */
#ifndef HOLDFAST_STATE_BUILD_ID_H
#define HOLDFAST_STATE_BUILD_ID_H

#include <stdint.h>

/* The GNU build-id among the ELF notes in [at, end), which can be read; at most `most` bytes of it.
   Returns its size in bytes, 0: none. */
uint32_t build_id_find(uintptr_t at, uintptr_t end, uint8_t *ret_id, uint32_t most);

#endif
