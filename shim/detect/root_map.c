#include "detect/root_map.h"

#include "base/memory.h"

#define MAPS_MAX (1u << 18)

static void keep(const struct mapping *mapping, void *with)
{
    struct root_maps *maps = with;
    if (maps->count == MAPS_MAX) {
        maps->full = true;
        return;
    }
    struct root_map *map = &maps->all[maps->count];
    *map = (struct root_map){.start = mapping->start,
                             .end = mapping->end,
                             .kind = (uint8_t)mapping->kind,
                             .readable = mapping->readable,
                             .writable = mapping->writable,
                             .shared = mapping->shared,
                             .libc = mapping->libc && mapping->writable,
                             .loader = mapping->loader && mapping->writable};
    /* What of .bss does not fit into the last page of the file follows as anonymous memory. */
    if (maps->count && map->kind == MAPPING_ANONYMOUS && map[-1].end == map->start) {
        map->libc = map[-1].libc;
        map->loader = map[-1].loader;
    }
    maps->count++;
}

bool root_maps_read(struct root_maps *maps)
{
    maps->count = 0;
    maps->full = false;
    maps->all = pages_map(MAPS_MAX * sizeof *maps->all);
    char *buffer = pages_map(MAPS_BUFFER);
    return maps->all && buffer && maps_each(buffer, keep, maps) >= 0;
}

const struct root_map *root_map_around(const struct root_maps *maps, uintptr_t address)
{
    uint32_t low = 0, high = maps->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (maps->all[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < maps->count && maps->all[low].start <= address ? &maps->all[low] : NULL;
}
