#include "detect/roots.h"

#include "base/recording.h"
#include "detect/glibc_heap.h"
#include "detect/handle_scan.h"
#include "detect/thread_roots.h"
#include "state/kept.h"

#define EXCLUDED_MAX (1u << 18)

/* Smaller mappings are read whole: asking which pages are there costs as much. */
#define WORTH_ASKING (256u << 10)

/* Our own module, by the linker. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

static void exclude(uintptr_t start, uintptr_t end, void *with)
{
    ranges_add(&((struct roots *)with)->excluded, start, end);
}

/* Heaps of arenas: the kernel joins them with what happens to lie beside, so mappings do not tell
   where they begin. Only where blocks have been is looked: a touch costs a page table. */
static void exclude_arenas(struct roots *roots)
{
    const uintptr_t alignment = GLIBC_HEAP_ALIGNMENT;
    for (uint32_t i = 0; i < roots->maps.count; i++) {
        const struct root_map *map = &roots->maps.all[i];
        if (map->kind != MAPPING_ANONYMOUS || !map->readable || !map->writable)
            continue;
        uintptr_t at = (map->start + alignment - 1) & ~(alignment - 1);
        for (; at < map->end; at += alignment) {
            uintptr_t size = block_region(at) ? glibc_heap_size(at) : 0;
            if (size)
                exclude(at, at + size < map->end ? at + size : map->end, roots);
        }
    }
}

bool roots_find(struct roots *roots, const struct thread *self, uintptr_t sp)
{
    mem_clear(roots, sizeof *roots);
    if (!root_maps_read(&roots->maps) || !ranges_begin(&roots->excluded, EXCLUDED_MAX))
        return false;
    roots->glibc = block_window_shift == 5;
    roots->gaps = !roots->glibc || block_unseen != 0;
    exclude((uintptr_t)__ehdr_start, (uintptr_t)_end, roots);
    exclude((uintptr_t)recording, (uintptr_t)recording + recording->file_size, roots);
    if (!roots->gaps)
        exclude_arenas(roots);
    thread_stacks_exclude(&roots->excluded, &roots->maps, self, sp);
    handle_scan_excludes(&roots->excluded);
    return true;
}

bool roots_index_blocks(const struct roots *roots, struct block_index *index)
{
    for (uint32_t i = 0; i < roots->maps.count; i++)
        if (!block_index_add(index, roots->maps.all[i].start, roots->maps.all[i].end))
            return false;
    block_index_end(index);
    return true;
}

/* Memory without blocks. */
static void mark_words(struct roots *roots, uintptr_t start, uintptr_t end)
{
    if (start >= end)
        return;
    if (roots->map->loader)
        mark_loader_range(roots->mark, start, end);
    else if (roots->map->libc && roots->glibc)
        mark_allocator_range(roots->mark, start, end);
    else
        mark_range(roots->mark, start, end);
}

/* What lies between the blocks of [start, end). */
static void mark_between_blocks(uintptr_t start, uintptr_t end, void *with)
{
    struct roots *roots = with;
    const struct block_index *index = roots->mark->index;
    uint32_t i = block_index_above(index, start);
    if (i) { /* the one before may reach into the range */
        const struct block_entry *before = &index->entries[i - 1];
        uintptr_t its_end = glibc_chunk_end(before, roots->glibc);
        start = its_end > start ? its_end : start;
    }
    for (; i < index->count && index->entries[i].start < end; i++) {
        const struct block_entry *entry = &index->entries[i];
        mark_words(roots, start, entry->start);
        uintptr_t its_end = glibc_chunk_end(entry, roots->glibc);
        start = its_end > start ? its_end : start;
    }
    mark_words(roots, start, end);
}

static void mark_present(uintptr_t start, uintptr_t end, void *with)
{
    struct roots *roots = with;
    const struct root_map *map = roots->map;
    bool own_copies = map->kind == MAPPING_FILE && (!map->writable || roots->pages.fd >= 0);
    struct page_query query = {.start = start & ~4095ul,
                               .end = (end + 4095) & ~4095ul,
                               .shared = map->shared,
                               .own_copies = own_copies,
                               .visit = mark_between_blocks,
                               .with = roots};
    if (end - start < WORTH_ASKING && !own_copies && !map->shared)
        mark_between_blocks(start, end, roots);
    else if (start == query.start && end == query.end)
        roots->incomplete |= !pages_present(&roots->pages, &query);
    else { /* only the whole pages in the middle are asked about */
        uintptr_t first = (start + 4095) & ~4095ul, last = end & ~4095ul;
        if (first >= last) {
            mark_between_blocks(start, end, roots);
            return;
        }
        mark_between_blocks(start, first, roots);
        query.start = first;
        query.end = last;
        roots->incomplete |= !pages_present(&roots->pages, &query);
        mark_between_blocks(last, end, roots);
    }
}

static bool is_root(const struct roots *roots, const struct root_map *map)
{
    if (!map->readable || map->kind == MAPPING_SPECIAL ||
        (map->kind == MAPPING_FILE && map->shared))
        return false;
    return roots->gaps || map->kind != MAPPING_HEAP;
}

void roots_mark(struct roots *roots, struct mark *mark)
{
    roots->mark = mark;
    /* Now that nothing more is mapped by us. */
    page_reader_open(&roots->pages);
    own_pages_each(exclude, roots);
    ranges_sort(&roots->excluded);
    roots->incomplete |= roots->excluded.full || roots->maps.full;
    thread_registers_mark(mark);
    for (struct kept *k = __atomic_load_n(&kept_list, __ATOMIC_ACQUIRE); k; k = k->next)
        mark_word(mark, k->word);
    for (uint32_t i = 0; i < roots->maps.count; i++) {
        roots->map = &roots->maps.all[i];
        if (is_root(roots, roots->map))
            ranges_between(&roots->excluded, roots->map->start, roots->map->end, mark_present,
                           roots);
    }
    page_reader_close(&roots->pages);
}
