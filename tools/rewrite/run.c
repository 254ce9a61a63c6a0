#include "run.h"

#include <stdlib.h>
#include <string.h>

#include "place.h"

bool is_endbr(const struct module *module, const struct insn *insn)
{
    return insn->length == 4 && memcmp(module->text + insn->offset, "\xf3\x0f\x1e\xfa", 4) == 0;
}

/* 32-bit addressing: what is RIP-relative cannot go far then. */
static bool has_address_prefix(const uint8_t *bytes)
{
    while (insn_legacy_prefix(*bytes))
        bytes++;
    return *bytes == 0x67;
}

static bool leader_inside(const struct module *module, const struct insn *insn)
{
    for (uint32_t i = 1; i < insn->length; i++)
        if (module->leaders[insn->offset + i])
            return true;
    return false;
}

/* Why an instruction cannot be part of a run; 0: it can. */
static enum rewrite_why why_not(const struct module *module, uint32_t index)
{
    const struct insn *insn = &module->insns[index];
    if (insn->pinned || leader_inside(module, insn))
        return WHY_TARGET_INSIDE;
    if (index && insn[-1].offset + insn[-1].length > insn->offset)
        return WHY_TARGET_INSIDE; /* one in the other: somebody reads these bytes in two ways */
    if (index + 1 < module->insn_count && insn->offset + insn->length > insn[1].offset)
        return WHY_TARGET_INSIDE;
    if (insn->kind == INSN_CALL || insn->kind == INSN_STOP)
        return WHY_SYSTEM;
    if ((insn->kind == INSN_BRANCH || insn->kind == INSN_JUMP) && insn->target == UINT32_MAX)
        return WHY_SYSTEM;
    if (insn->relative && has_address_prefix(module->text + insn->offset))
        return WHY_OPERAND;
    if (is_endbr(module, insn))
        return WHY_SYSTEM; /* where indirect branches may land: it must be executed there */
    return 0;
}

/* Walks functions beside instructions: both are sorted. */
static enum rewrite_why why_not_function(const struct module *module, uint32_t offset,
                                         uint32_t *function)
{
    while (*function + 1 < module->function_count &&
           module->functions[*function + 1].start <= offset)
        ++*function;
    if (*function >= module->function_count)
        return WHY_NO_FRAME_INFO;
    const struct function *in = &module->functions[*function];
    if (offset < in->start || offset >= in->end)
        return WHY_NO_FRAME_INFO;
    return in->stubs || in->skipped ? WHY_SKIPPED : 0;
}

static void find_movable(struct runs *runs)
{
    uint32_t function = 0;
    for (uint32_t i = 0; i < runs->module->insn_count; i++) {
        enum rewrite_why why =
            why_not_function(runs->module, runs->module->insns[i].offset, &function);
        runs->left[i] = (uint8_t)(why ? why : why_not(runs->module, i));
    }
}

/* One past the last instruction of the run that begins at `first`. */
static uint32_t end_of_run(const struct runs *runs, uint32_t first)
{
    const struct module *module = runs->module;
    uint32_t i = first;
    do {
        const struct insn *insn = &module->insns[i++];
        if (insn->kind != INSN_PLAIN)
            break;
        if (i < module->insn_count && module->insns[i].offset != insn->offset + insn->length)
            break;
    } while (i < module->insn_count && !runs->left[i] &&
             !module->leaders[module->insns[i].offset] && i - first < RUN_LIMIT);
    return i;
}

static struct run run_between(const struct module *module, uint32_t first, uint32_t end)
{
    const struct insn *last = &module->insns[end - 1];
    struct run run = {
        .offset = module->insns[first].offset, .first = first, .count = (uint16_t)(end - first)};
    run.bytes = last->offset + last->length - run.offset;
    run.jump = run.offset;
    run.host = NO_RUN;
    run.way = run.bytes >= JUMP_LENGTH ? RUN_JUMP : RUN_LEFT;
    run.why = run.way == RUN_LEFT ? WHY_NO_ROOM : 0;
    for (uint32_t i = first; i < end; i++)
        run.accesses += is_watched(&module->insns[i]);
    return run;
}

bool runs_form(struct runs *runs, const struct module *module, bool all)
{
    *runs = (struct runs){.module = module};
    runs->of_insn = calloc(module->insn_count + 1, sizeof *runs->of_insn);
    runs->left = calloc(module->insn_count + 1, 1);
    if (!runs->of_insn || !runs->left)
        return false;
    find_movable(runs);
    uint32_t room = 0;
    for (uint32_t first = 0, end; first < module->insn_count; first = end) {
        end = first + 1;
        if (runs->left[first])
            continue;
        end = end_of_run(runs, first);
        struct run run = run_between(module, first, end);
        if (!run.accesses && !all)
            continue;
        if (runs->count == room) {
            room = room ? room * 2 : 4096;
            struct run *more = realloc(runs->rows, room * sizeof *more);
            if (!more)
                return false;
            runs->rows = more;
        }
        runs->rows[runs->count++] = run;
        for (uint32_t i = first; i < end; i++)
            runs->of_insn[i] = runs->count;
    }
    return true;
}

uint8_t jump_boundaries(const struct module *module, uint32_t offset)
{
    uint8_t mask = 0;
    for (uint32_t i = 1; i < JUMP_LENGTH; i++)
        if (insn_at(module, offset + i))
            mask |= (uint8_t)(1u << (i - 1));
    return mask;
}

/* What no instruction is executed in. */
enum {
    DEAD_RUN = 1,
    DEAD_PADDING = 2,
};

/* The length of the nop or int3 at bytes, 0 none: what assemblers and linkers fill gaps with. */
static uint32_t filler(const uint8_t *bytes, uint32_t size)
{
    uint32_t i = 0;
    while (i < size && (bytes[i] == 0x66 || bytes[i] == 0x2e))
        i++;
    if (i < size && (bytes[i] == 0x90 || (bytes[i] == 0xcc && !i)))
        return i + 1;
    if (i + 3 > size || bytes[i] != 0x0f || bytes[i + 1] != 0x1f)
        return 0;
    static const uint8_t more[] = {[0x00] = 0, [0x40] = 1, [0x44] = 2, [0x80] = 4, [0x84] = 5};
    uint8_t modrm = bytes[i + 2];
    if (modrm >= sizeof more || (modrm && !more[modrm]) || i + 3 + more[modrm] > size)
        return 0;
    return i + 3 + more[modrm];
}

/* Marks a gap between instructions dead when it is nothing but filling, and nobody comes there. */
static void mark_gap(const struct module *module, uint8_t *dead, uint32_t from, uint32_t to)
{
    for (uint32_t at = from; at < to; at++)
        if (module->leaders[at])
            return;
    for (uint32_t at = from, length; at < to; at += length)
        if (!(length = filler(module->text + at, to - at)))
            return;
    memset(dead + from, DEAD_PADDING, to - from);
}

/* By text offset: where no instruction will be executed any more. */
static uint8_t *dead_bytes(const struct runs *runs)
{
    const struct module *module = runs->module;
    uint8_t *dead = calloc(module->text_end - module->text_start + 2 * JUMP_LENGTH, 1);
    if (!dead)
        return NULL;
    for (uint32_t i = 0; i < runs->count; i++) {
        const struct run *run = &runs->rows[i];
        if (run->way == RUN_JUMP)
            memset(dead + run->offset + JUMP_LENGTH, DEAD_RUN, run->bytes - JUMP_LENGTH);
    }
    for (uint32_t i = 0; i + 1 < module->insn_count; i++) {
        const struct insn *insn = &module->insns[i];
        uint32_t end = insn->offset + insn->length;
        bool goes_on = insn->kind == INSN_PLAIN || insn->kind == INSN_BRANCH ||
                       insn->kind == INSN_CALL || insn->kind == INSN_STOP;
        if (!goes_on && insn[1].offset >= end + JUMP_LENGTH && insn[1].offset - end < 64)
            mark_gap(module, dead, end, insn[1].offset);
    }
    return dead;
}

/* The best place for a hole that a short jump at `from` reaches: the fewer boundaries inside, the
   more code it can jump to. 0: none. */
static uint32_t find_hole(const struct module *module, const uint8_t *dead, uint32_t from)
{
    uint32_t next = from + HOP_LENGTH, size = (uint32_t)(module->text_end - module->text_start);
    uint32_t low = next > 128 ? next - 128 : 1;
    uint32_t high = next + 127 + JUMP_LENGTH <= size ? next + 127 : size - JUMP_LENGTH;
    bool boundary = insn_at(module, from + 1);
    uint32_t best = 0;
    int best_bits = 5;
    for (uint32_t at = low, row = 0; at < high + JUMP_LENGTH; at++) {
        row = !dead[at] ? 0 : dead[at] == dead[at - 1] ? row + 1 : 1;
        uint32_t hole = at - (JUMP_LENGTH - 1);
        if (row < JUMP_LENGTH || hole < low || insn_at(module, hole))
            continue; /* a jump to its first byte that we missed would go astray */
        if (boundary && !is_trap_byte((uint8_t)(hole - next)))
            continue;
        int bits = __builtin_popcount(jump_boundaries(module, hole));
        if (bits < best_bits) {
            best = hole;
            best_bits = bits;
        }
    }
    return best;
}

static uint32_t host_of(const struct runs *runs, uint32_t offset)
{
    uint32_t low = 0, high = runs->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (runs->rows[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NO_RUN;
    const struct run *run = &runs->rows[low - 1];
    return offset < run->offset + run->bytes ? low - 1 : NO_RUN;
}

bool runs_hop(struct runs *runs)
{
    uint8_t *dead = dead_bytes(runs);
    if (!dead)
        return false;
    for (uint32_t i = 0; i < runs->count; i++) {
        struct run *run = &runs->rows[i];
        if (run->bytes >= JUMP_LENGTH || run->bytes < HOP_LENGTH || run->why != WHY_NO_ROOM)
            continue;
        uint32_t hole = find_hole(runs->module, dead, run->offset);
        if (!hole)
            continue;
        memset(dead + hole, 0, JUMP_LENGTH);
        run->way = RUN_HOP;
        run->why = 0;
        run->jump = hole;
        run->host = host_of(runs, hole);
    }
    free(dead);
    return true;
}

const struct run *run_at(const struct runs *runs, uint32_t offset)
{
    const struct insn *insn = insn_at(runs->module, offset);
    if (insn && is_endbr(runs->module, insn))
        insn = insn_at(runs->module, offset + insn->length);
    if (!insn)
        return NULL;
    uint32_t index = runs->of_insn[insn - runs->module->insns];
    if (!index)
        return NULL;
    const struct run *run = &runs->rows[index - 1];
    return run->way != RUN_LEFT && run->offset == insn->offset ? run : NULL;
}

void runs_finish(struct runs *runs)
{
    free(runs->rows);
    free(runs->of_insn);
    free(runs->left);
    *runs = (struct runs){0};
}
