#include "state/region.h"

#include "base/lock.h"
#include "base/memory.h"
#include "base/recording.h"
#include "base/say.h"

#define PIECES     128u
#define CHUNKS_MAX 1024u

struct chunk {
    uint32_t count;
    struct chunk *next_free;
    struct region pieces[PIECES];
};

/* LOCK_MAPPINGS. Chunks are never empty; those that became so wait in the free list. */
static struct chunk *chunks[CHUNKS_MAX], *free_chunks;
static uint32_t chunk_count;

static void move(void *to, const void *from, size_t size)
{
    const uint64_t *source = from;
    uint64_t *target = to;
    size_t words = size / sizeof *source;
    if (target < source)
        for (size_t i = 0; i < words; i++)
            target[i] = source[i];
    else
        while (words--)
            target[words] = source[words];
}

void region_start_up(void)
{
    while (chunk_count) {
        struct chunk *chunk = chunks[--chunk_count];
        chunk->next_free = free_chunks;
        free_chunks = chunk;
    }
}

/* A place among the pieces. */
struct place_at {
    uint32_t chunk, piece;
};

static struct region *piece_at(struct place_at at)
{
    return at.chunk < chunk_count && at.piece < chunks[at.chunk]->count
               ? &chunks[at.chunk]->pieces[at.piece]
               : NULL;
}

/* The first piece that ends above address. */
static struct place_at first_above(uintptr_t address)
{
    uint32_t low = 0, high = chunk_count;
    while (low < high) { /* the first chunk whose last piece ends above it */
        uint32_t middle = (low + high) / 2;
        if (chunks[middle]->pieces[chunks[middle]->count - 1].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    struct place_at at = {low, 0};
    if (low == chunk_count)
        return at;
    uint32_t first = 0, last = chunks[low]->count;
    while (first < last) {
        uint32_t middle = (first + last) / 2;
        if (chunks[low]->pieces[middle].end > address)
            last = middle;
        else
            first = middle + 1;
    }
    at.piece = first;
    return at;
}

static bool add_chunk(uint32_t at)
{
    struct chunk *chunk = free_chunks;
    if (chunk_count == CHUNKS_MAX)
        return false;
    if (chunk)
        free_chunks = chunk->next_free;
    else if (!(chunk = pages_map(sizeof *chunk)))
        return false;
    chunk->count = 0;
    move(&chunks[at + 1], &chunks[at], (chunk_count - at) * sizeof chunks[0]);
    chunks[at] = chunk;
    chunk_count++;
    return true;
}

static bool insert(const struct region *piece)
{
    struct place_at at = first_above(piece->start);
    if (at.chunk == chunk_count) { /* behind all */
        if (chunk_count == 0 && !add_chunk(0))
            return false;
        at.chunk = chunk_count - 1;
        at.piece = chunks[at.chunk]->count;
    }
    struct chunk *chunk = chunks[at.chunk];
    if (chunk->count == PIECES) {
        if (!add_chunk(at.chunk + 1))
            return false;
        struct chunk *upper = chunks[at.chunk + 1];
        upper->count = PIECES / 2;
        chunk->count -= upper->count;
        mem_copy(upper->pieces, &chunk->pieces[chunk->count], upper->count * sizeof *piece);
        if (at.piece > chunk->count) {
            at.piece -= chunk->count;
            chunk = upper;
        }
    }
    move(&chunk->pieces[at.piece + 1], &chunk->pieces[at.piece],
         (chunk->count - at.piece) * sizeof *piece);
    chunk->pieces[at.piece] = *piece;
    chunk->count++;
    return true;
}

static void take_out(struct place_at at)
{
    struct chunk *chunk = chunks[at.chunk];
    chunk->count--;
    move(&chunk->pieces[at.piece], &chunk->pieces[at.piece + 1],
         (chunk->count - at.piece) * sizeof chunk->pieces[0]);
    if (chunk->count)
        return;
    chunk_count--;
    move(&chunks[at.chunk], &chunks[at.chunk + 1], (chunk_count - at.chunk) * sizeof chunks[0]);
    chunk->next_free = free_chunks;
    free_chunks = chunk;
}

static struct handle_row *row_of(const struct region *piece)
{
    return ROW(SECTION_HANDLES, struct handle_row, piece->row);
}

/* Takes [start, end) out of the piece at `at`, which it overlaps. Returns the bytes taken. */
static size_t cut(struct place_at at, uintptr_t start, uintptr_t end)
{
    struct region *piece = piece_at(at), rest = *piece;
    uintptr_t from = start > rest.start ? start : rest.start, to = end < rest.end ? end : rest.end;
    if (from == rest.start && to == rest.end) {
        take_out(at);
    } else if (from == rest.start) {
        piece->start = to;
    } else {
        piece->end = from;
        rest.start = to;
        if (to < rest.end && !insert(&rest))
            say_unobserved(UNOBSERVED_HANDLES_FULL, NULL);
    }
    return to - from;
}

static uintptr_t page_end(uintptr_t start, size_t size)
{
    return (start + size + 4095) & ~4095ul;
}

static size_t going_locked(struct thread *self, uintptr_t start, uintptr_t end, uint32_t stack)
{
    size_t known = 0;
    for (;;) {
        struct place_at at = first_above(start);
        const struct region *piece = piece_at(at);
        if (!piece || piece->start >= end)
            return known;
        struct handle_row *row = row_of(piece);
        size_t bytes = cut(at, start, end);
        known += bytes;
        row->extra = row->extra > bytes ? row->extra - bytes : 0;
        if (!row->extra)
            resource_closing(self, row, HANDLE_CLOSED, stack);
    }
}

size_t region_going(struct thread *self, uintptr_t start, size_t size, uint32_t stack)
{
    lock_take(LOCK_MAPPINGS);
    size_t known = chunk_count ? going_locked(self, start, page_end(start, size), stack) : 0;
    lock_give(LOCK_MAPPINGS);
    return known;
}

void region_mapped(struct thread *self, uintptr_t start, size_t size,
                   const struct handle_birth *birth)
{
    uintptr_t end = page_end(start, size);
    lock_take(LOCK_MAPPINGS);
    going_locked(self, start, end, 0); /* what went unseen */
    struct handle_row *row = resource_added(self, start, end - start, birth);
    struct region piece = {start, end, 0, 0};
    if (row)
        piece.row = (uint32_t)(row - ROW(SECTION_HANDLES, struct handle_row, 0));
    if (row && !insert(&piece)) {
        resource_closing(self, row, HANDLE_CLOSED, 0);
        say_unobserved(UNOBSERVED_HANDLES_FULL, NULL);
    }
    lock_give(LOCK_MAPPINGS);
}

bool region_is_part(uintptr_t start, size_t size)
{
    uintptr_t end = page_end(start, size);
    lock_take(LOCK_MAPPINGS);
    const struct region *piece = piece_at(first_above(start));
    bool part = piece && piece->start <= start && piece->end >= end &&
                piece->end - piece->start > end - start;
    lock_give(LOCK_MAPPINGS);
    return part;
}

void region_detached(struct thread *self, uintptr_t start, uint32_t stack)
{
    lock_take(LOCK_MAPPINGS);
    const struct region *piece = piece_at(first_above(start));
    if (piece && piece->start == start && row_of(piece)->kind == HANDLE_KIND_SEGMENT)
        going_locked(self, start, piece->end, stack);
    lock_give(LOCK_MAPPINGS);
}

/* The row that has all of [start, end), in one piece or several. */
static struct handle_row *row_of_all(uintptr_t start, uintptr_t end)
{
    struct handle_row *row = NULL;
    while (start < end) {
        const struct region *piece = piece_at(first_above(start));
        if (!piece || piece->start > start || (row && row_of(piece) != row))
            return NULL;
        row = row_of(piece);
        start = piece->end;
    }
    return row;
}

struct handle_row *region_leaves(uintptr_t start, size_t size)
{
    uintptr_t end = page_end(start, size);
    struct handle_row *row = NULL;
    lock_take(LOCK_MAPPINGS);
    row = row_of_all(start, end);
    for (uintptr_t from = start; row && from < end;) {
        struct place_at at = first_above(from);
        size_t bytes = cut(at, from, end);
        row->extra -= bytes;
        from += bytes;
    }
    lock_give(LOCK_MAPPINGS);
    return row;
}

void region_comes(struct handle_row *row, uintptr_t start, size_t size)
{
    struct region piece = {start, page_end(start, size),
                           (uint32_t)(row - ROW(SECTION_HANDLES, struct handle_row, 0)), 0};
    lock_take(LOCK_MAPPINGS);
    if (!row->extra)
        resource_renamed(row, start);
    row->extra += piece.end - piece.start;
    if (!insert(&piece))
        say_unobserved(UNOBSERVED_HANDLES_FULL, NULL);
    lock_give(LOCK_MAPPINGS);
}

size_t region_copy(struct region *to, size_t room)
{
    size_t count = 0;
    for (uint32_t i = 0; i < chunk_count; i++)
        for (uint32_t j = 0; j < chunks[i]->count; j++, count++)
            if (count < room)
                to[count] = chunks[i]->pieces[j];
    return count;
}
