/*
 * Byte and string helpers and private memory. The shim is built without libc's versions, because
 * those are among the functions that it interposes (or will).
 *
 * Memory comes from mmap and is never given back piecemeal: arena_alloc is for what lives as long
 * as the process (bounded by the number of threads, modules …), pages_map for tables. All of it is
 * zero.
 */
#ifndef HOLDFAST_BASE_MEMORY_H
#define HOLDFAST_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

static inline void mem_copy(void *to, const void *from, size_t size)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

static inline void mem_clear(void *at, size_t size)
{
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(0) : "memory");
}

bool mem_equal(const void *a, const void *b, size_t size);
size_t text_length(const char *text);
bool text_equal(const char *a, const char *b);
bool text_starts(const char *text, const char *prefix);
const char *text_find(const char *text, char c); /* NULL: not there */
const char *text_find_text(const char *text, const char *part);
const char *text_base(const char *path); /* what follows the last slash */
bool text_number(const char *text, size_t length, uint64_t *ret_value); /* decimal, whole text */

/* Large mappings of ours go to addresses from here on, far from the program's modules: moved code
   (rewrite/) must find room near those. 0: anywhere. Set at birth. */
extern uintptr_t pages_far __attribute__((visibility("hidden")));

/* Where a mapping of that size should go, for mmap; 0: anywhere. */
uintptr_t pages_place(size_t size);

/* Zeroed pages, or NULL. Not counted against the program's overcommit until touched. */
void *pages_map(size_t size);
void pages_unmap(void *at, size_t size);

/* Zeroed memory, 16-byte aligned, for the life of the process; NULL when the system has none left.
   Safe in a signal handler (one atomic add, or pages of its own when the chunk is used up). */
void *arena_alloc(size_t size);

/* Zeroed pages that read as zero again in a fork's child (MADV_WIPEONFORK): for tables that go with
   the recording, of which the child gets its own. The kernel copies no page tables for them. */
void *pages_map_wiped(size_t size);

/* Every range that the functions above obtained and that is still mapped, in no order: what the
   leak scan must not take for memory of the program. A pages_unmap must name a whole pages_map. */
void own_pages_each(void (*visit)(uintptr_t start, uintptr_t end, void *with), void *with);

/* A mapping that was made without pages_map is ours too, until pages_unmap. */
void own_pages_note(uintptr_t start, size_t size);
#endif
