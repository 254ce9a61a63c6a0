/* Which pages are there: PAGEMAP_SCAN where the kernel has it, else /proc/self/pagemap, mincore for
   shared memory. */
#include <fcntl.h>

#include "base/memory.h"
#include "base/syscall.h"
#include "state/maps.h"

#define PAGE        4096u
#define BUFFER_SIZE (64u << 10)

/* Without PAGEMAP_SCAN a hole costs eight bytes a page to ask about: a terabyte takes some two
   seconds. Parts beyond that are left out, and the caller says so. */
#define LARGEST_ASKED (1ull << 40)

/* include/uapi/linux/fs.h of Linux 6.7; distributions' headers are older. */
struct page_region {
    uint64_t start, end, categories;
};
struct pm_scan_arg {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN    0xc0606610ul /* _IOWR('f', 16, struct pm_scan_arg) */
#define PAGE_IS_FILE    (1u << 2)
#define PAGE_IS_PRESENT (1u << 3)
#define PAGE_IS_SWAPPED (1u << 4)

/* Documentation/admin-guide/mm/pagemap.rst */
#define ENTRY_PRESENT (1ull << 63)
#define ENTRY_SWAPPED (1ull << 62)
#define ENTRY_FILE    (1ull << 61)

void page_reader_open(struct page_reader *reader)
{
    reader->no_scan = false;
    reader->buffer = pages_map(BUFFER_SIZE);
    reader->fd = reader->buffer ? proc_open("/proc/thread-self/pagemap") : -1;
}

void page_reader_close(struct page_reader *reader)
{
    if (reader->fd >= 0)
        raw_syscall(SYS_close, reader->fd);
    if (reader->buffer)
        pages_unmap(reader->buffer, BUFFER_SIZE);
    reader->fd = -1;
    reader->buffer = NULL;
}

/* Returns how far it came: query->end, or less when the kernel cannot do this. */
static uintptr_t scan_ranges(struct page_reader *reader, const struct page_query *query)
{
    struct page_region *regions = reader->buffer;
    uintptr_t at = query->start;
    while (at < query->end) {
        struct pm_scan_arg arg = {
            .size = sizeof arg,
            .start = at,
            .end = query->end,
            .vec = (uintptr_t)regions,
            .vec_len = BUFFER_SIZE / sizeof *regions,
            .category_inverted = query->own_copies ? PAGE_IS_FILE : 0,
            .category_mask = query->own_copies ? PAGE_IS_FILE : 0,
            .category_anyof_mask = PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
            .return_mask = PAGE_IS_PRESENT,
        };
        long count = raw_syscall(SYS_ioctl, reader->fd, PAGEMAP_SCAN, &arg);
        if (raw_failed(count) || arg.walk_end <= at)
            return at;
        for (long i = 0; i < count; i++)
            query->visit(regions[i].start, regions[i].end, query->with);
        at = arg.walk_end;
    }
    return at;
}

/* One piece of pagemap or mincore, as a loop over pages that joins neighbours. */
static void visit_pages(const struct page_query *query, uintptr_t at, size_t count,
                        const uint64_t *entries, const unsigned char *bytes)
{
    uintptr_t from = 0;
    for (size_t i = 0; i <= count; i++) {
        bool there = i < count && (bytes ? bytes[i] & 1
                                         : entries[i] & (ENTRY_PRESENT | ENTRY_SWAPPED) &&
                                               !(query->own_copies && entries[i] & ENTRY_FILE));
        uintptr_t page = at + i * PAGE;
        if (there && !from)
            from = page;
        if (!there && from) {
            query->visit(from, page, query->with);
            from = 0;
        }
    }
}

static uintptr_t read_entries(struct page_reader *reader, const struct page_query *query,
                              uintptr_t at)
{
    while (at < query->end) {
        size_t want = (query->end - at) / PAGE;
        if (want > BUFFER_SIZE / 8)
            want = BUFFER_SIZE / 8;
        long size = raw_syscall(SYS_pread64, reader->fd, reader->buffer, want * 8, at / PAGE * 8);
        if (size < 8)
            return at;
        visit_pages(query, at, (size_t)size / 8, reader->buffer, NULL);
        at += (size_t)size / 8 * PAGE;
    }
    return at;
}

/* Pages of shared memory may be there although this process has not touched them; reading one that
   is not would allocate it. */
static uintptr_t read_mincore(struct page_reader *reader, const struct page_query *query)
{
    uintptr_t at = query->start;
    while (at < query->end) {
        size_t want = (query->end - at) / PAGE;
        if (want > BUFFER_SIZE)
            want = BUFFER_SIZE;
        if (raw_failed(raw_syscall(SYS_mincore, at, want * PAGE, reader->buffer)))
            return at;
        visit_pages(query, at, want, NULL, reader->buffer);
        at += want * PAGE;
    }
    return at;
}

bool pages_present(struct page_reader *reader, const struct page_query *query)
{
    uintptr_t at = query->start;
    if (!reader->buffer) {
        if (!query->own_copies)
            query->visit(at, query->end, query->with);
        return true;
    }
    if (query->shared) {
        at = read_mincore(reader, query);
    } else if (reader->fd >= 0) {
        if (!reader->no_scan)
            at = scan_ranges(reader, query);
        if (at < query->end)
            reader->no_scan = true;
        if (query->end - at > LARGEST_ASKED)
            return false;
        at = read_entries(reader, query, at);
    }
    /* No way to know: read it all, unless it is a file's constant data. */
    if (at < query->end && !query->own_copies)
        query->visit(at, query->end, query->with);
    return true;
}
