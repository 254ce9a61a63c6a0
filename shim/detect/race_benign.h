/*
 * Bytes on which the program says that races are meant (annotations). Used by detect/race*.c alone.
 * Few, and asked only when there is something to tell.
 *
 * Guard entered.
 */
#ifndef HOLDFAST_DETECT_RACE_BENIGN_H
#define HOLDFAST_DETECT_RACE_BENIGN_H

#include <stdbool.h>
#include <stdint.h>

bool race_is_benign(uintptr_t address, uint64_t size);

/* Memory [start, end) is another's now. Cheap where there are none. */
void race_benign_forget(uintptr_t start, uintptr_t end);

#endif
