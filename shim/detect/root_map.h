/*
 * The list of this process's mappings, as the leak scan needs it: taken once with the world
 * stopped, in order of addresses.
 */
#ifndef HOLDFAST_DETECT_ROOT_MAP_H
#define HOLDFAST_DETECT_ROOT_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "state/maps.h"

struct root_map {
    uintptr_t start, end;
    uint8_t kind; /* enum mapping_kind */
    bool readable, writable, shared;
    bool libc;   /* data of libc: see mark_allocator_range */
    bool loader; /* data of the loader: see mark_loader_range */
};

struct root_maps {
    struct root_map *all;
    uint32_t count;
    bool full; /* some were not kept */
};

/* False: no memory, or no /proc. What it maps for itself stays mapped, so that the list stays true.
 */
bool root_maps_read(struct root_maps *maps);

/* The mapping that holds address, or NULL. */
const struct root_map *root_map_around(const struct root_maps *maps, uintptr_t address);

#endif
