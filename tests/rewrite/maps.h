/* Executable mappings of a process that is traced. */
#ifndef HOLDFAST_TESTS_REWRITE_MAPS_H
#define HOLDFAST_TESTS_REWRITE_MAPS_H

#include <stdint.h>
#include <sys/types.h>

struct map {
    uint64_t start, end, bias; /* ELF address = address - bias */
    char path[200];            /* of a file: begins with / */
};

void maps_read(pid_t process);
/* NULL: no code was there when maps_read looked. */
const struct map *maps_find(uint64_t address);

#endif
