#include "arena.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)64 * 1024)

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    _Alignas(16) unsigned char bytes[];
};

static void *or_die(void *memory)
{
    if (!memory) {
        fputs("holdfast: out of memory.\n", stderr);
        exit(3);
    }
    return memory;
}

void *arena_take(struct arena *arena, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    struct arena_chunk *chunk = arena->chunks;
    if (!chunk || chunk->size - chunk->used < size) {
        size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;
        chunk = or_die(calloc(1, sizeof *chunk + room));
        chunk->size = room;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    void *memory = chunk->bytes + chunk->used;
    chunk->used += size;
    return memory;
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_take(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

const char *arena_print(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = arena_take(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

void arena_finish(struct arena *arena)
{
    for (struct arena_chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    arena->chunks = NULL;
}

void *array_grow(void *items, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 16;
    return or_die(reallocarray(items, *capacity, item_size));
}

static size_t slot_of(const struct map *map, uint64_t key)
{
    uint64_t hash = key * 0x9e3779b97f4a7c15ull;
    size_t i = (hash ^ hash >> 32) & (map->capacity - 1);
    while (map->slots[i].value && map->slots[i].key != key)
        i = (i + 1) & (map->capacity - 1);
    return i;
}

void *map_get(const struct map *map, uint64_t key)
{
    return map->capacity ? map->slots[slot_of(map, key)].value : NULL;
}

void map_put(struct map *map, uint64_t key, void *value)
{
    if (map->count * 2 >= map->capacity) {
        struct map bigger = {.capacity = map->capacity ? map->capacity * 2 : 64};
        bigger.slots = or_die(calloc(bigger.capacity, sizeof *bigger.slots));
        for (size_t i = 0; i < map->capacity; i++)
            if (map->slots[i].value)
                map_put(&bigger, map->slots[i].key, map->slots[i].value);
        free(map->slots);
        *map = bigger;
    }
    struct map_slot *slot = &map->slots[slot_of(map, key)];
    map->count += !slot->value;
    *slot = (struct map_slot){key, value};
}

void map_finish(struct map *map)
{
    free(map->slots);
    *map = (struct map){0};
}

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3ull;
    return hash;
}

uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text) + 1);
}
