/*
 * Memory that lives as long as its owner: given out piece by piece, released all at once. Out of
 * memory ends the command with one sentence: nothing here can go on without.
 */
#ifndef HOLDFAST_TOOLS_ARENA_H
#define HOLDFAST_TOOLS_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_chunk;
struct arena {
    struct arena_chunk *chunks; /* the newest first; NULL: empty */
};

/* Zeroed, aligned for any type. */
void *arena_take(struct arena *arena, size_t size);
char *arena_text(struct arena *arena, const char *text, size_t length);
__attribute__((format(printf, 2, 3))) const char *arena_print(struct arena *arena,
                                                              const char *format, ...);
void arena_finish(struct arena *arena);

/* malloc's array grown by doubling: room for one more item at index count. */
void *array_grow(void *items, size_t count, size_t *capacity, size_t item_size);

/* A hash map from 64 bits to a pointer. Key and value are the caller's; NULL values mean absent. */
struct map {
    struct map_slot {
        uint64_t key;
        void *value;
    } * slots;
    size_t count, capacity;
};
void *map_get(const struct map *map, uint64_t key);
void map_put(struct map *map, uint64_t key, void *value);
void map_finish(struct map *map);

/* FNV-1a, for keys and fingerprints: hash of bytes on top of an earlier hash. */
#define HASH_START 0xcbf29ce484222325ull
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size);
uint64_t hash_text(uint64_t hash, const char *text);

#endif
