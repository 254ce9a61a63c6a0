/*
 * Frames whose address stays with their function: no other thread can have it, so that loads and
 * stores there cannot race. It must be proved: a function keeps its frame to itself when its
 * instructions use rsp, and rbp while that holds a frame's address, for nothing but addresses of
 * memory operands, constants added to rsp, push, pop, call, and saving one in the other. Anything
 * else and anything not understood (alloca, stacks that are switched) gives the frame away.
 *
 * Only operands without an index count as inside of the frame. Arguments on the stack count as the
 * called function's, as the ABI has it.
 *
 * Parts of one function share its frame: what jumps to a place of another function that is not its
 * entry, or to one whose frame information does not begin like that of a function just called
 * (.cold), gives away together.
 */
#include "scan.h"
#include <stdlib.h>

/* What rbp may hold before an instruction. */
enum { BASE_FRAME = 1, BASE_OTHER = 2 };

struct function *function_group(struct module *module, struct function *function)
{
    while (&module->functions[function->group] != function) {
        function->group = module->functions[function->group].group;
        function = &module->functions[function->group];
    }
    return function;
}

void functions_join(struct module *module, struct function *function, uint32_t target)
{
    if (target >= function->start && target < function->end)
        return;
    struct function *other = function_at(module, target);
    if (!other || other == function || other->stubs || (other->start == target && other->fresh))
        return;
    struct function *a = function_group(module, function), *b = function_group(module, other);
    b->group = a->group;
    function->joined = other->joined = true;
}

static void found_pad(void *arg, uint64_t start, uint64_t end, uint64_t pad)
{
    struct {
        struct module *module;
        struct function *function;
    } *from = arg;
    uint32_t offset = text_offset(from->module, pad);
    (void)start, (void)end;
    if (offset != NO_TARGET)
        functions_join(from->module, from->function, offset);
}

/* A call of what is no function's start is a jump to a part, as assembly has them. */
static bool calls_function(const struct module *module, const struct insn *insn)
{
    return insn->kind == INSN_CALL &&
           (module->leaders[insn->target] & LEADER_FUNCTION || !insn_at(module, insn->target));
}

void functions_join_parts(struct module *module)
{
    struct function *function = module->functions;
    for (uint32_t i = 0; i < module->insn_count; i++) {
        const struct insn *insn = &module->insns[i];
        while (function->end <= insn->offset)
            function++;
        if (insn->target != NO_TARGET && !calls_function(module, insn))
            functions_join(module, function, insn->target);
        /* Falling into the next function, too. */
        uint32_t next = insn->offset + insn->length;
        if (next == function->end && insn->kind != INSN_CALL && !insn_ends_path(module, insn))
            functions_join(module, function, next);
    }
    for (uint32_t i = 0; i < module->function_count; i++) {
        struct {
            struct module *module;
            struct function *function;
        } from = {module, &module->functions[i]};
        function_landing_pads(module, from.function, found_pad, &from);
    }
}

/* What groups are told of rbp by their members. */
static void note_bases(struct module *module)
{
    struct function *function = module->functions;
    for (uint32_t i = 0; i < module->insn_count; i++) {
        const struct insn *insn = &module->insns[i];
        while (function->end <= insn->offset)
            function++;
        if (insn->frame == FRAME_TO_BASE)
            function_group(module, function)->frame_base = true;
        if (!function->fresh && (insn->frame == FRAME_TO_BASE || insn->frame == FRAME_LEAVE ||
                                 insn->frame == FRAME_BASE_SET))
            function_group(module, function)->base_changes = true;
    }
}

/* rbp through one function, forward. */
struct walk {
    struct module *module;
    struct function *function;
    struct insn *first;
    uint32_t count;
    uint8_t *base;     /* by instruction: what rbp may hold before it */
    uint32_t *waiting; /* instructions whose base changed */
    uint8_t *waits;
    uint32_t waiting_count, room;
    uint8_t elsewhere; /* what it may hold where the function is entered by other ways */
};

static void flow_to(struct walk *walk, uint32_t offset, uint8_t base)
{
    struct insn *insn = insn_at(walk->module, offset);
    if (!insn || insn < walk->first || insn >= walk->first + walk->count)
        return;
    uint32_t number = (uint32_t)(insn - walk->first);
    if ((walk->base[number] | base) == walk->base[number])
        return;
    walk->base[number] |= base;
    if (!walk->waits[number]) {
        walk->waits[number] = 1;
        walk->waiting[walk->waiting_count++] = number;
    }
}

static uint8_t base_behind(const struct insn *insn, uint8_t base)
{
    switch (insn->frame) {
    case FRAME_TO_BASE:
        return BASE_FRAME;
    case FRAME_LEAVE:
    case FRAME_BASE_SET:
        return BASE_OTHER;
    default:
        return base;
    }
}

static void flow_from(struct walk *walk, uint32_t number)
{
    const struct insn *insn = &walk->first[number];
    uint8_t base = base_behind(insn, walk->base[number]);
    if (insn->target != NO_TARGET && insn->kind != INSN_CALL)
        flow_to(walk, insn->target, base);
    if (!insn_ends_path(walk->module, insn))
        flow_to(walk, insn->offset + insn->length, base);
    /* What comes back by tables and landing pads brings what rbp held here. */
    if (insn->kind == INSN_JUMP_FAR || insn->kind == INSN_CALL)
        walk->elsewhere |= base;
}

/* Entries but the function's start get what jumps and calls leave. */
static void enter_elsewhere(struct walk *walk)
{
    const uint8_t both = BASE_FRAME | BASE_OTHER;
    bool changes = function_group(walk->module, walk->function)->base_changes;
    for (uint32_t i = 0; i < walk->count; i++) {
        unsigned leader = walk->module->leaders[walk->first[i].offset];
        if (leader & LEADER_OUTSIDE && changes && i)
            flow_to(walk, walk->first[i].offset, both);
        if (leader & (LEADER_TABLE | LEADER_POINTER | LEADER_LANDING | LEADER_OUTSIDE |
                      LEADER_PADDING) &&
            walk->first[i].offset != walk->function->start)
            flow_to(walk, walk->first[i].offset, walk->elsewhere);
    }
}

static bool gives_away(const struct insn *insn, uint8_t base)
{
    switch (insn->frame) {
    case FRAME_ODD:
        return true;
    case FRAME_FROM_BASE:
    case FRAME_LEAVE:
        return base != BASE_FRAME && base;
    case FRAME_BASE_USED:
        return base & BASE_FRAME;
    default:
        return false;
    }
}

static bool make_room(struct walk *walk, uint32_t count)
{
    if (count <= walk->room)
        return true;
    free(walk->base);
    free(walk->waiting);
    free(walk->waits);
    walk->room = count + count / 2;
    walk->base = malloc(walk->room);
    walk->waits = malloc(walk->room);
    walk->waiting = malloc(walk->room * sizeof *walk->waiting);
    return walk->base && walk->waits && walk->waiting;
}

/* Fills walk->base; false: no memory. */
static bool walk_function(struct walk *walk, struct function *function)
{
    struct module *module = walk->module;
    bool frame_base = function_group(module, function)->frame_base;
    bool lost = !function->fresh && !function->joined;
    uint8_t entry = lost || (frame_base && !function->fresh) ? BASE_FRAME | BASE_OTHER : BASE_OTHER;
    walk->function = function;
    walk->first = insn_from(module, function->start);
    walk->count = (uint32_t)(insn_from(module, function->end) - walk->first);
    if (!make_room(walk, walk->count))
        return false;
    memset(walk->base, entry, walk->count);
    if (!frame_base)
        return true;
    memset(walk->base, 0, walk->count);
    memset(walk->waits, 0, walk->count);
    walk->elsewhere = 0;
    flow_to(walk, function->start, entry);
    for (uint8_t before = 255; before != walk->elsewhere;) {
        before = walk->elsewhere;
        enter_elsewhere(walk);
        while (walk->waiting_count) {
            uint32_t number = walk->waiting[--walk->waiting_count];
            walk->waits[number] = 0;
            flow_from(walk, number);
        }
    }
    return true;
}

static void judge(struct walk *walk, struct function *function)
{
    const struct insn *insn = insn_from(walk->module, function->start);
    const struct insn *last = insn_from(walk->module, function->end);
    function->escapes = true;
    if (function->mixed)
        return;
    for (; insn < last; insn++)
        if (insn->frame == FRAME_ODD || insn->pinned)
            return;
    if (!walk_function(walk, function))
        return;
    for (uint32_t i = 0; i < walk->count; i++)
        if (gives_away(&walk->first[i], walk->base[i]))
            return;
    function->escapes = false;
}

static bool in_frame(const struct insn *insn, uint8_t base)
{
    return insn->index < 0 && !insn->relative && !insn->in_thread &&
           (insn->base == REGISTER_RSP || (insn->base == REGISTER_RBP && base == BASE_FRAME));
}

/* Its stack accesses: told as such, and where the frame is its own, harmless. */
static void settle(struct walk *walk, struct function *function)
{
    const struct function *group = function_group(walk->module, function);
    bool private = !group->escapes;
    if ((!private && !group->frame_base) || !walk_function(walk, function))
        return;
    for (uint32_t i = 0; i < walk->count; i++) {
        struct insn *insn = &walk->first[i];
        if (insn->access != MEMORY_PLAIN && insn->access != MEMORY_LOCKED &&
            insn->access != MEMORY_LEFT_OUT)
            continue;
        if (insn->base == REGISTER_RBP && walk->base[i] == BASE_FRAME)
            insn->flags |= SITE_STACK;
        if (private && in_frame(insn, walk->base[i]))
            insn->access = MEMORY_NONE;
    }
}

/* A part whose whole nobody jumps from: some computed jump leads there. */
static bool has_lost_part(const struct module *module)
{
    for (uint32_t i = 0; i < module->function_count; i++)
        if (!module->functions[i].fresh && !module->functions[i].joined &&
            !module->functions[i].stubs && module->functions[i].escapes)
            return true;
    return false;
}

static void give_away_jumping(struct module *module)
{
    struct function *function = module->functions;
    for (uint32_t i = 0; i < module->insn_count; i++) {
        const struct insn *insn = &module->insns[i];
        while (function->end <= insn->offset)
            function++;
        if (insn->kind == INSN_JUMP_FAR && !(insn->relative && insn->access == MEMORY_NONE))
            function->escapes = true;
    }
}

void module_escape(struct module *module)
{
    struct walk walk = {.module = module};
    note_bases(module);
    for (uint32_t i = 0; i < module->function_count; i++)
        judge(&walk, &module->functions[i]);
    if (has_lost_part(module))
        give_away_jumping(module);
    for (uint32_t i = 0; i < module->function_count; i++)
        if (module->functions[i].escapes)
            function_group(module, &module->functions[i])->escapes = true;
    for (uint32_t i = 0; i < module->function_count; i++) {
        module->functions[i].escapes = function_group(module, &module->functions[i])->escapes;
        settle(&walk, &module->functions[i]);
    }
    free(walk.base);
    free(walk.waits);
    free(walk.waiting);
}
