#include "patches.h"

#include <stdlib.h>
#include <string.h>

enum {
    TRAP = 0xcc,
    JUMP_LONG = 0xe9,
    JUMP_SHORT = 0xeb,
};

struct hole {
    uint32_t offset, run;
};

static int by_offset(const void *left, const void *right)
{
    const struct hole *a = left, *b = right;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* The holes of the runs that move by one, sorted; NULL: no memory. */
static struct hole *collect_holes(const struct runs *runs, uint32_t *ret_count)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < runs->count; i++)
        count += runs->rows[i].way == RUN_HOP;
    struct hole *holes = malloc((count + 1) * sizeof *holes);
    if (!holes)
        return NULL;
    count = 0;
    for (uint32_t i = 0; i < runs->count; i++)
        if (runs->rows[i].way == RUN_HOP)
            holes[count++] = (struct hole){runs->rows[i].jump, i};
    qsort(holes, count, sizeof *holes, by_offset);
    *ret_count = count;
    return holes;
}

/* A row of `size` bytes of the text; they are traps until somebody writes a jump. */
static uint8_t *add(struct patches *patches, const struct module *module, uint32_t offset,
                    uint32_t size, enum rewrite_patch_kind kind, uint32_t jump)
{
    uint8_t *after = patches->after + patches->bytes;
    memcpy(patches->before + patches->bytes, module->text + offset, size);
    memset(after, TRAP, size);
    patches->bytes += size;
    patches->rows[patches->count++] =
        (struct rewrite_patch){offset, (uint16_t)size, (uint8_t)kind, (uint8_t)jump};
    return after;
}

static bool make_room(struct patches *patches, uint32_t rows, uint32_t bytes)
{
    if (patches->count + rows > patches->room) {
        patches->room = (patches->count + rows) * 2;
        void *more = realloc(patches->rows, patches->room * sizeof *patches->rows);
        if (!more)
            return false;
        patches->rows = more;
    }
    if (patches->bytes + bytes > patches->byte_room) {
        patches->byte_room = (patches->bytes + bytes) * 2;
        uint8_t *before = realloc(patches->before, patches->byte_room);
        if (before)
            patches->before = before;
        uint8_t *after = realloc(patches->after, patches->byte_room);
        if (after)
            patches->after = after;
        return before && after;
    }
    return true;
}

static void put_jump(uint8_t *at, const struct run *run, int64_t distance)
{
    int64_t target = distance + (run->pad ? run->pad : run->hot);
    int32_t displacement = (int32_t)(target - (run->jump + JUMP_LENGTH));
    at[0] = JUMP_LONG;
    memcpy(at + 1, &displacement, sizeof displacement);
}

static void add_hole(struct patches *patches, const struct runs *runs, const struct hole *hole,
                     int64_t distance)
{
    uint8_t *at = add(patches, runs->module, hole->offset, JUMP_LENGTH, PATCH_HOLE, JUMP_LENGTH);
    put_jump(at, &runs->rows[hole->run], distance);
}

/* A moved run with the holes in it; returns the first hole behind it. */
static const struct hole *add_run(struct patches *patches, const struct runs *runs,
                                  const struct run *run, const struct hole *hole,
                                  const struct hole *end, int64_t distance)
{
    uint32_t at = run->offset, stop = run->offset + run->bytes;
    for (bool first = true; at < stop; first = false) {
        uint32_t until = hole < end && hole->offset < stop ? hole->offset : stop;
        if (until > at && first && run->way == RUN_HOP) {
            uint8_t *jump = add(patches, runs->module, at, until - at, PATCH_HOP, HOP_LENGTH);
            jump[0] = JUMP_SHORT;
            jump[1] = (uint8_t)(run->jump - (run->offset + HOP_LENGTH));
        } else if (until > at && first) {
            put_jump(add(patches, runs->module, at, until - at, PATCH_RUN, JUMP_LENGTH), run,
                     distance);
        } else if (until > at) {
            add(patches, runs->module, at, until - at, PATCH_RUN, 0);
        }
        at = until;
        if (at < stop) {
            add_hole(patches, runs, hole++, distance);
            at += JUMP_LENGTH;
        }
    }
    return hole;
}

bool patches_make(struct patches *patches, const struct runs *runs, int64_t distance)
{
    *patches = (struct patches){0};
    uint32_t count = 0;
    struct hole *holes = collect_holes(runs, &count);
    if (!holes)
        return false;
    const struct hole *hole = holes, *end = holes + count;
    bool room = true;
    for (uint32_t i = 0; i < runs->count && room; i++) {
        const struct run *run = &runs->rows[i];
        if (run->way == RUN_LEFT)
            continue;
        for (; hole < end && hole->offset < run->offset && room; hole++)
            if ((room = make_room(patches, 1, JUMP_LENGTH)))
                add_hole(patches, runs, hole, distance);
        if (room && (room = make_room(patches, run->bytes, run->bytes)))
            hole = add_run(patches, runs, run, hole, end, distance);
    }
    for (; hole < end && room; hole++)
        if ((room = make_room(patches, 1, JUMP_LENGTH)))
            add_hole(patches, runs, hole, distance);
    free(holes);
    return room;
}

void patches_finish(struct patches *patches)
{
    free(patches->rows);
    free(patches->before);
    free(patches->after);
    *patches = (struct patches){0};
}
