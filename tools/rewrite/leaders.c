/*
 * Where jumps can land, beyond what direct branches say. A leader too many costs speed; one missed
 * corrupts the program (or, with luck, lands on a trap): everything that could be the address of an
 * instruction counts as one, whether or not it is used so. Tables of jumps are table.c's.
 */
#include "leaders.h"
#include "run.h"
#include <stdlib.h>

static void found_pointer(void *arg, uint64_t address)
{
    leader_mark_address(arg, address, LEADER_POINTER);
}

struct pads {
    struct module *module;
    struct function *function;
};

static void found_pad(void *arg, uint64_t start, uint64_t end, uint64_t pad)
{
    struct pads *pads = arg;
    struct module *module = pads->module;
    uint32_t from = text_offset(module, start), offset = text_offset(module, pad);
    if (offset == NO_TARGET)
        return;
    leader_mark(module, offset, LEADER_LANDING);
    leaders_land(module, offset);
    if (from == NO_TARGET || end - start > text_size(module) - from)
        return;
    /* With -fnon-call-exceptions (Ada, Go) a fault is thrown, too. */
    struct insn *insn = insn_from(module, from), *last = module->insns + module->insn_count;
    for (; insn < last && insn->offset < from + (end - start); insn++)
        insn->unwinds = true;
}

static void landing_pads(struct module *module)
{
    struct pads pads = {.module = module};
    for (uint32_t i = 0; i < module->function_count; i++)
        function_landing_pads(module, &module->functions[i], found_pad, &pads);
}

bool insn_ends_path(const struct module *module, const struct insn *insn)
{
    const uint8_t *bytes = module->text + insn->offset;
    return insn->kind == INSN_JUMP || insn->kind == INSN_JUMP_FAR || insn->kind == INSN_RETURN ||
           (insn->kind == INSN_STOP &&
            (bytes[0] == 0xf4 || bytes[0] == 0xcc || (bytes[0] == 0x0f && bytes[1] == 0x0b)));
}

bool insn_is_padding(const struct module *module, const struct insn *insn)
{
    const uint8_t *bytes = module->text + insn->offset;
    unsigned i = 0;
    while (i + 1u < insn->length && (bytes[i] == 0x66 || bytes[i] == 0x2e))
        i++;
    return bytes[i] == 0x90 || bytes[i] == 0xcc ||
           (bytes[i] == 0x0f && i + 1u < insn->length && bytes[i + 1] == 0x1f);
}

/* Code behind a jump that nobody seems to come to: a computed jump may (libffi's stubs). */
static void padding(struct module *module)
{
    for (uint32_t i = 0; i + 1 < module->insn_count; i++) {
        if (!insn_ends_path(module, &module->insns[i]))
            continue;
        for (uint32_t k = i; k + 1 < module->insn_count; k++) {
            const struct insn *insn = &module->insns[k];
            if (module->insns[k + 1].offset != insn->offset + insn->length)
                break;
            leader_mark(module, module->insns[k + 1].offset, LEADER_PADDING);
            if (!insn_is_padding(module, &module->insns[k + 1]))
                break;
        }
    }
}

/* Code that no function covers is never moved, but it calls and jumps into code that is. What it
   says is only believed where it names an instruction. */
static void sweep(struct module *module, uint32_t start, uint32_t end)
{
    struct insn insn;
    for (uint32_t at = start; at < end; at += insn.length) {
        if (!decode_at(module, at, end, &insn)) {
            insn.length = 1;
            continue;
        }
        if (insn.target != NO_TARGET)
            leader_mark(module, insn.target, LEADER_POINTER);
        if (insn.relative)
            leader_mark_address(module, insn_address(module, &insn), LEADER_POINTER);
    }
    /* The same without trust in where its instructions begin: e8, e9, 0f 8x and 32 bits. */
    for (uint32_t at = start; at + 5 <= end; at++) {
        int32_t distance;
        const uint8_t *byte = module->text + at;
        if ((*byte & 0xfe) != 0xe8 && ((*byte & 0xf0) != 0x80 || at == start || byte[-1] != 0x0f))
            continue;
        memcpy(&distance, byte + 1, 4);
        uint64_t target = at + 5 + (uint64_t)distance;
        if (target < text_size(module))
            leader_mark(module, (uint32_t)target, LEADER_POINTER);
    }
}

static void sweep_gaps(void *arg, uint64_t start, uint64_t end)
{
    struct module *module = arg;
    uint32_t at = text_offset(module, start), last = text_offset(module, end - 1);
    if (at == NO_TARGET || last == NO_TARGET)
        return;
    last++;
    for (uint32_t i = 0; i < module->function_count && at < last; i++) {
        const struct function *function = &module->functions[i];
        if (function->end <= at)
            continue;
        if (function->start > at)
            sweep(module, at, function->start < last ? function->start : last);
        at = function->end;
    }
    if (at < last)
        sweep(module, at, last);
}

/* Words of data that are the address of an instruction: in programs at fixed addresses there are no
   relocations to tell. And words of read-only data that lead to one from their own place (vtables
   and exception tables that are relative). Packed structs may hold pointers elsewhere, but only to
   functions, which are leaders anyway. */
static void data_words(struct module *module, const struct segment *segment)
{
    bool fixed = !module->position_independent, constant = !segment->writable;
    uint64_t size = segment->file_end - segment->start;
    for (uint64_t i = -segment->start & 3; i + 4 <= size; i += 4) {
        uint64_t address = segment->start + i, value;
        int32_t half;
        memcpy(&half, segment->bytes + i, 4);
        if (fixed)
            leader_mark_code(module, (uint32_t)half);
        if (constant || module_is_constant(module, address))
            leader_mark_code(module, address + (uint64_t)half);
        if (fixed && i + 8 <= size && (segment->start >> 32)) {
            memcpy(&value, segment->bytes + i, 8);
            leader_mark_code(module, value);
        }
    }
}

bool leaders_land(struct module *module, uint32_t offset)
{
    if (insn_at(module, offset) || !function_at(module, offset))
        return false;
    uint32_t end = function_at(module, offset)->end;
    struct insn hidden;
    for (uint32_t at = offset; at < end && !insn_at(module, at); at += hidden.length) {
        if (!decode_at(module, at, end, &hidden))
            hidden.length = 1;
        struct insn *insn = insn_from(module, at), *last = module->insns + module->insn_count;
        if (insn > module->insns && insn[-1].offset + insn[-1].length > at)
            insn--;
        for (; insn < last && insn->offset < at + hidden.length; insn++) {
            insn->pinned = true;
            leader_mark(module, insn->offset + insn->length, LEADER_BRANCH);
        }
        leader_mark(module, at + hidden.length, LEADER_BRANCH);
        if (hidden.length > 1 && hidden.target != NO_TARGET)
            leader_mark(module, hidden.target, LEADER_BRANCH);
    }
    return true;
}

/* Jumps into the middle of an instruction (over a lock prefix): it must stay. */
static void inner_targets(struct module *module)
{
    for (uint32_t i = 0; i < module->insn_count; i++)
        if (module->insns[i].target != NO_TARGET && !module->insns[i].pinned)
            leaders_land(module, module->insns[i].target);
}

/* Instructions that run one after another as far as anybody knows: from a leader, or from behind
   what ends a run, up to the next. */
static bool runs_on(const struct module *module, uint32_t index)
{
    const struct insn *insn = &module->insns[index];
    return index + 1 < module->insn_count && insn->kind == INSN_PLAIN &&
           insn[1].offset == insn->offset + insn->length;
}

/* Nothing but a table says that somebody jumps there. If it is true after all, the jump lands on a
   trap and goes on in the moved code, as any that was missed (shim/rewrite/net.h). */
static bool doubt(struct module *module, const struct insn *insn)
{
    uint8_t *leader = &module->leaders[insn->offset];
    if (*leader != LEADER_TABLE)
        return false;
    *leader = 0;
    return true;
}

/* Tables whose length nobody knows are read too far, and what lies behind them looks like leaders
   anywhere. Where one leaves a locked instruction without room for a jump, the order that it makes
   would not be seen, and races would be told that there are not: there it must yield. */
static void room_for_locked(struct module *module)
{
    for (uint32_t i = 0; i < module->insn_count; i++) {
        const struct insn *insns = module->insns;
        if (insns[i].access != MEMORY_LOCKED || insns[i].pinned)
            continue;
        uint32_t first = i, last = i;
        for (;;) {
            while (first && !module->leaders[insns[first].offset] && runs_on(module, first - 1))
                first--;
            while (runs_on(module, last) && !module->leaders[insns[last + 1].offset])
                last++;
            uint32_t bytes = insns[last].offset + insns[last].length - insns[first].offset;
            if (bytes >= JUMP_LENGTH)
                break;
            if (!(runs_on(module, last) && doubt(module, &insns[last + 1])) &&
                !(first && runs_on(module, first - 1) && doubt(module, &insns[first])))
                break;
        }
    }
}

bool module_leaders(struct module *module)
{
    module_pointers(module, found_pointer, module);
    landing_pads(module);
    padding(module);
    module_code_sections(module, sweep_gaps, module);
    for (uint32_t i = 0; i < module->segment_count; i++)
        data_words(module, &module->segments[i]);
    functions_join_parts(module);
    if (!tables_find(module))
        return false;
    data_in_text(module);
    inner_targets(module);
    room_for_locked(module);
    return true;
}
