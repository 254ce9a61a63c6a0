#include "state/called.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>

#include "base/memory.h"
#include "state/depot.h"
#include "state/stack.h"

/* Made by the linker. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char etext[] __attribute__((visibility("hidden")));
extern Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));

/* Places by their address and the number of times that code was unloaded before: what lies at an
   address may be another function's later. Open addressing; entries are only added. A place that
   finds no room has no name. */
#define PLACES       16384u
#define PLACES_TRIED 16u
static struct place {
    uint64_t key;  /* 0 = free; taken by compare-and-swap */
    uint64_t name; /* atomic; of the wrapper's symbol: offset in our file << 32 | size; 0 = not
                      known yet, SEVERAL */
} places[PLACES];
#define SEVERAL UINT64_MAX

/* ---- our own symbols */

/* The loader has made the addresses in our dynamic section absolute. */
static const void *dynamic(Elf64_Sxword tag)
{
    for (const Elf64_Dyn *at = _DYNAMIC; at->d_tag != DT_NULL; at++)
        if (at->d_tag == tag) {
            uintptr_t address = at->d_un.d_ptr;
            return (const void *)(address < (uintptr_t)__ehdr_start
                                      ? address + (uintptr_t)__ehdr_start
                                      : address);
        }
    return NULL;
}

/* The table of symbols does not say how long it is. DT_GNU_HASH does: its chains, which follow
   its buckets, go through all symbols from `first` on, and the last of each has its lowest bit set.
 */
static uint32_t symbol_count(const uint32_t *hash)
{
    uint32_t bucket_count = hash[0], first = hash[1], bloom_words = hash[2], last = 0;
    const uint32_t *buckets = hash + 4 + 2 * bloom_words, *chains = buckets + bucket_count;
    for (uint32_t i = 0; i < bucket_count; i++)
        last = buckets[i] > last ? buckets[i] : last;
    if (last < first)
        return 0;
    while (!(chains[last - first] & 1))
        last++;
    return last + 1;
}

/* The function of ours that is seen from outside and has this offset in our file; NULL: none. */
static const Elf64_Sym *symbol_at(uint64_t offset)
{
    const Elf64_Sym *symbols = dynamic(DT_SYMTAB);
    const uint32_t *hash = dynamic(DT_GNU_HASH);
    uint32_t count = symbols && hash ? symbol_count(hash) : 0;
    for (uint32_t i = 0; i < count; i++)
        if (symbols[i].st_shndx != SHN_UNDEF && offset - symbols[i].st_value < symbols[i].st_size)
            return &symbols[i];
    return NULL;
}

static const char *name_of(uint64_t name)
{
    const Elf64_Sym *symbol = symbol_at(name >> 32);
    const char *strings = dynamic(DT_STRTAB);
    return symbol && strings ? strings + symbol->st_name : NULL;
}

/* ---- places */

static struct place *place_of(uint64_t pc, bool make)
{
    uint64_t key = pc | (uint64_t)(stack_generation() & 0xffff) << 48;
    uint64_t at = (key ^ key >> 29) * 0x9e3779b97f4a7c15ull >> 40;
    for (uint32_t i = 0; i < PLACES_TRIED; i++) {
        struct place *place = &places[(at + i) % PLACES];
        uint64_t found = __atomic_load_n(&place->key, __ATOMIC_RELAXED);
        if (found == key)
            return place;
        if (found)
            continue;
        if (!make)
            return NULL;
        if (__atomic_compare_exchange_n(&place->key, &found, key, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED) ||
            found == key)
            return place;
    }
    return NULL;
}

/* The offset in our file of the wrapper's own code from which we were called; 0: not found. */
static uint64_t offset_in_wrapper(const uintptr_t *frame)
{
    const uintptr_t *at = __builtin_frame_address(0);
    for (uint32_t i = 0; i < 32 && at < frame; i++) {
        const uintptr_t *next = (const uintptr_t *)at[0];
        if (next == frame) {
            uint64_t offset = at[1] - (uintptr_t)__ehdr_start;
            return offset < (uintptr_t)etext - (uintptr_t)__ehdr_start ? offset : 0;
        }
        if (next <= at)
            return 0;
        at = next;
    }
    return 0;
}

static __attribute__((noinline)) uint64_t name_at(uint64_t offset)
{
    const Elf64_Sym *symbol = symbol_at(offset);
    return symbol ? symbol->st_value << 32 | (uint32_t)symbol->st_size : SEVERAL;
}

__attribute__((noinline)) void called_note(const void *frame)
{
    struct place *place = place_of(((const uintptr_t *)frame)[1], true);
    uint64_t offset = offset_in_wrapper(frame);
    if (!place)
        return;
    uint64_t name = __atomic_load_n(&place->name, __ATOMIC_RELAXED);
    if (likely(name == SEVERAL || (name && offset - (name >> 32) < (uint32_t)name)))
        return;
    /* Others may do so for the same place at once: it has one name only if all agree. */
    uint64_t seen = 0, here = name_at(offset);
    if (!__atomic_compare_exchange_n(&place->name, &seen, here, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED) &&
        seen != here)
        __atomic_store_n(&place->name, SEVERAL, __ATOMIC_RELAXED);
}

const char *called_by(uint32_t stack)
{
    const struct stack_row *row = depot_row(stack);
    struct place *place =
        row && row->frame_count && !(row->exact & 1) ? place_of(row->frames[0], false) : NULL;
    uint64_t name = place ? __atomic_load_n(&place->name, __ATOMIC_RELAXED) : 0;
    return name && name != SEVERAL ? name_of(name) : NULL;
}
