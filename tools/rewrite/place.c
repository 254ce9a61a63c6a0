#include "place.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOTS_END = 8 * THUNK_COUNT,
    SLACK = 24,     /* bytes left unused to meet a constraint at once */
    LAG = 64 << 10, /* text that a run may fall behind before it gets a pad */
    QUEUES = 16,    /* by the boundaries inside of the jump */
    PAGE = 4096,
    GAP = 64 << 20,   /* left between pads at most: what lies there is nothing, but takes room */
    LARGE = 16 << 20, /* text from which on most runs get pads: these lie before the code then */
};

/* Undefined or privileged as the first byte of an instruction in 64-bit user mode, and int3, int1
   (Intel SDM 2A, appendix A): #UD, #GP, #BP, #DB. */
static const uint8_t trap_bytes[] = {
    0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x61,
    0x6c, 0x6d, 0x6e, 0x6f, 0x82, 0x9a, 0xcc, 0xce, 0xd4, 0xd5, 0xd6, 0xe4, 0xe5,
    0xe6, 0xe7, 0xea, 0xec, 0xed, 0xee, 0xef, 0xf1, 0xf4, 0xfa, 0xfb,
};

/* By byte: the next one that traps, itself included; 256 none. */
static uint16_t next_trap[257];

static void fill_next_trap(void)
{
    if (next_trap[256])
        return;
    next_trap[256] = 256;
    for (int byte = 255, i = sizeof trap_bytes - 1; byte >= 0; byte--) {
        if (i >= 0 && trap_bytes[i] == byte) {
            next_trap[byte] = (uint16_t)byte;
            i--;
        } else {
            next_trap[byte] = next_trap[byte + 1];
        }
    }
}

bool is_trap_byte(uint8_t byte)
{
    fill_next_trap();
    return next_trap[byte] == byte;
}

/* Only programs name a loader (but for libc, which is both and never rewritten). */
static bool names_loader(const struct module *module)
{
    const Elf64_Ehdr *head = (const void *)module->file;
    if (module->file_size < sizeof *head || head->e_phentsize != sizeof(Elf64_Phdr) ||
        head->e_phoff > module->file_size ||
        (uint64_t)head->e_phnum * sizeof(Elf64_Phdr) > module->file_size - head->e_phoff)
        return false;
    for (unsigned i = 0; i < head->e_phnum; i++) {
        Elf64_Phdr row;
        memcpy(&row, module->file + head->e_phoff + i * sizeof row, sizeof row);
        if (row.p_type == PT_INTERP)
            return true;
    }
    return false;
}

int64_t place_distance(const struct module *module, uint32_t variant)
{
    enum rewrite_kind kind = !module->position_independent ? REWRITE_FIXED
                             : names_loader(module)        ? REWRITE_PROGRAM
                                                           : REWRITE_LIBRARY;
    return rewrite_distance(kind, module->text_end - module->text_start, variant);
}

/* The first distance from `from` on, of a jump with these boundaries, whose bytes trap there. */
static int64_t next_distance(int64_t from, uint8_t boundaries, int64_t limit)
{
    uint32_t at = (uint32_t)from;
    int64_t moved = 0;
    for (int byte = 3; byte >= 0 && from + moved <= limit;) {
        uint32_t value = at >> 8 * byte & 0xff;
        if (!(boundaries >> byte & 1) || next_trap[value] == value) {
            byte--;
            continue;
        }
        /* On to the next value of this byte, the lower ones at zero; a carry may spoil those above.
         */
        uint64_t step =
            ((uint64_t)(next_trap[value] - value) << 8 * byte) - (at & ((1ull << 8 * byte) - 1));
        at += (uint32_t)step;
        moved += (int64_t)step;
        byte = 3;
    }
    return from + moved;
}

struct placer {
    struct runs *runs;
    int64_t distance, limit; /* of code addresses */
    int64_t room;            /* code offsets beyond are not worth the pads there */
    int64_t pads_end;        /* where hot code begins, when pads lie before it; else 0 */
    uint32_t *next;          /* by run: the next one in its queue */
    uint32_t first[QUEUES];
    uint8_t *boundaries; /* by run */
};

/* The first code offset from `at` on where the run's jump may go to; some offset behind `last` when
   there is none before. */
static int64_t earliest(const struct placer *placer, uint32_t index, int64_t at, int64_t last)
{
    int64_t back = (int64_t)placer->runs->rows[index].jump + JUMP_LENGTH - placer->distance;
    return next_distance(at - back, placer->boundaries[index], last - back) + back;
}

static void fill_queues(struct placer *placer, const uint32_t *members, uint32_t count)
{
    for (uint32_t queue = 0; queue < QUEUES; queue++)
        placer->first[queue] = NO_RUN;
    for (uint32_t i = count; i--;) {
        uint32_t index = members[i];
        uint8_t queue = placer->boundaries[index];
        placer->next[index] = placer->first[queue];
        placer->first[queue] = index;
    }
}

/* The queue whose run stands first in the text, QUEUES: all are empty. */
static uint32_t oldest_queue(const struct placer *placer)
{
    uint32_t oldest = QUEUES;
    for (uint32_t queue = 0; queue < QUEUES; queue++)
        if (placer->first[queue] != NO_RUN &&
            (oldest == QUEUES || placer->first[queue] < placer->first[oldest]))
            oldest = queue;
    return oldest;
}

/* The queue to serve at this position, the hardest to please first; and where its run goes. None is
   served whose run stands far behind the oldest: that one takes the position then, with a pad. */
static uint32_t choose(const struct placer *placer, int64_t at, int64_t *ret_place, bool *ret_pad)
{
    static const uint8_t order[QUEUES] = {15, 14, 13, 12, 7, 6, 5, 4, 11, 10, 9, 8, 3, 2, 1, 0};
    uint32_t oldest = oldest_queue(placer);
    *ret_pad = false;
    if (oldest == QUEUES)
        return QUEUES;
    uint32_t front = placer->runs->rows[placer->first[oldest]].offset + LAG;
    for (uint32_t i = 0; i < QUEUES; i++) {
        uint32_t queue = order[i], index = placer->first[queue];
        if (index == NO_RUN || placer->runs->rows[index].offset > front)
            continue;
        *ret_place = earliest(placer, index, at, at + SLACK);
        if (*ret_place <= at + SLACK)
            return queue;
    }
    *ret_place = at;
    *ret_pad = true;
    return oldest;
}

static void leave(struct run *run)
{
    run->way = RUN_LEFT;
    run->why = WHY_NO_ROOM;
}

/* Hot code, in one stretch. */
static bool place_hot(struct placer *placer, struct arrangement *arrangement, uint32_t *padded,
                      uint32_t *ret_padded)
{
    int64_t at = placer->pads_end ? placer->pads_end : SLOTS_END;
    arrangement->hot_start = (uint32_t)at;
    for (;;) {
        int64_t place = 0;
        bool pad = false;
        uint32_t queue = choose(placer, at, &place, &pad);
        if (queue == QUEUES)
            break;
        uint32_t index = placer->first[queue];
        struct run *run = &placer->runs->rows[index];
        placer->first[queue] = placer->next[index];
        if (placer->distance + place + run->hot_size > placer->limit)
            return false;
        run->hot = (uint32_t)place;
        arrangement->hot[arrangement->hot_count++] = index;
        if (pad)
            padded[(*ret_padded)++] = index;
        at = place + run->hot_size;
    }
    arrangement->hot_end = (uint32_t)at;
    return true;
}

static int by_index(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* Pads, each at the first good distance behind the one before it. They follow the text at the same
   distance and take about as much room, with nothing in most of it. */
static void place_pads(struct placer *placer, struct arrangement *arrangement, uint32_t *padded,
                       uint32_t count)
{
    qsort(padded, count, sizeof *padded, by_index);
    fill_queues(placer, padded, count);
    int64_t at = placer->pads_end ? SLOTS_END : arrangement->cold_end;
    int64_t limit = placer->pads_end ? placer->pads_end : placer->room;
    for (;;) {
        uint32_t best = QUEUES;
        int64_t place = UINT32_MAX;
        for (uint32_t queue = 0; queue < QUEUES; queue++) {
            if (placer->first[queue] == NO_RUN)
                continue;
            int64_t here = earliest(placer, placer->first[queue], at, place);
            if (best == QUEUES || here < place) {
                best = queue;
                place = here;
            }
        }
        if (best == QUEUES)
            break;
        uint32_t index = placer->first[best];
        placer->first[best] = placer->next[index];
        if (place + JUMP_LENGTH > limit || place > at + GAP) {
            leave(&placer->runs->rows[index]);
            continue;
        }
        placer->runs->rows[index].pad = (uint32_t)place;
        arrangement->pads[arrangement->pad_count++] = index;
        at = place + JUMP_LENGTH;
    }
    arrangement->end = placer->pads_end ? arrangement->cold_end : (uint32_t)at;
}

/* Cold code lies in the order of the hot one. */
static bool place_cold(struct placer *placer, struct arrangement *arrangement)
{
    int64_t at = (arrangement->hot_end + 63) & ~63ll;
    arrangement->cold_start = (uint32_t)at;
    for (uint32_t i = 0; i < arrangement->hot_count; i++) {
        struct run *run = &placer->runs->rows[arrangement->hot[i]];
        run->cold = (uint32_t)at;
        at += run->cold_size;
    }
    arrangement->cold_end = (uint32_t)at;
    return placer->distance + at <= placer->limit;
}

/* Code addresses end here: below the module, or as far as jumps go. */
static int64_t limit_of(const struct module *module, int64_t distance)
{
    int64_t limit = INT32_MAX;
    if (distance > 0)
        return limit - (int64_t)(module->text_end - module->text_start);
    limit = 0;
    for (uint32_t i = 0; i < module->segment_count; i++) {
        int64_t start = (int64_t)(module->segments[i].start - module->text_start);
        if (start < limit)
            limit = start;
    }
    return limit - 16 * PAGE;
}

/* What the process keeps free for it, as far as it is in reach. */
static int64_t limit_room(const struct placer *placer, uint64_t room)
{
    int64_t reach = placer->limit - placer->distance;
    return reach < (int64_t)room ? reach : (int64_t)room;
}

/* A hop through the bytes of a run that is not moved after all would go through live code. */
static void leave_hops_of_left(struct runs *runs)
{
    for (uint32_t i = 0; i < runs->count; i++) {
        struct run *run = &runs->rows[i];
        if (run->way == RUN_HOP && run->host != NO_RUN && runs->rows[run->host].way != RUN_JUMP)
            leave(run);
    }
}

bool place_runs(struct runs *runs, int64_t distance, struct arrangement *ret_arrangement)
{
    fill_next_trap();
    struct arrangement *arrangement = ret_arrangement;
    *arrangement = (struct arrangement){.distance = distance};
    struct placer placer = {
        .runs = runs, .distance = distance, .limit = limit_of(runs->module, distance)};
    int64_t text = (int64_t)(runs->module->text_end - runs->module->text_start);
    placer.room = limit_room(&placer, rewrite_room((uint64_t)text));
    placer.pads_end = text > LARGE ? text + LARGE / 4 : 0;
    size_t count = (size_t)runs->count + 1;
    placer.next = malloc(count * sizeof *placer.next);
    placer.boundaries = malloc(count);
    arrangement->hot = malloc(count * sizeof *arrangement->hot);
    arrangement->pads = malloc(count * sizeof *arrangement->pads);
    uint32_t *members = malloc(count * sizeof *members), members_count = 0, padded = 0;
    bool placed = false;
    if (placer.next && placer.boundaries && arrangement->hot && arrangement->pads && members) {
        for (uint32_t i = 0; i < runs->count; i++) {
            if (runs->rows[i].way == RUN_LEFT)
                continue;
            placer.boundaries[i] = jump_boundaries(runs->module, runs->rows[i].jump);
            members[members_count++] = i;
        }
        fill_queues(&placer, members, members_count);
        placed =
            place_hot(&placer, arrangement, members, &padded) && place_cold(&placer, arrangement);
        if (placed) {
            place_pads(&placer, arrangement, members, padded);
            leave_hops_of_left(runs);
        }
    }
    free(members);
    free(placer.next);
    free(placer.boundaries);
    return placed;
}

void place_finish(struct arrangement *arrangement)
{
    free(arrangement->hot);
    free(arrangement->pads);
    *arrangement = (struct arrangement){0};
}
