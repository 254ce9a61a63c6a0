#include "state/careful.h"

#include "state/dwarf_rules.h"
#include "state/readable.h"

const uint8_t context_slot[REGISTER_COUNT] = {13, 12, 14, 11, 9, 8, 10, 15, 0,
                                              1,  2,  3,  4,  5, 6, 7,  16};

#define BIT(number) (1u << (number))

/* Registers that a call leaves as they are (x86-64 psABI, 3.2.1): rbx, rbp, r12 to r15. */
#define CALL_KEEPS (BIT(3) | BIT(REGISTER_BP) | BIT(12) | BIT(13) | BIT(14) | BIT(15))

/* One frame: its registers, as far as they are known. */
struct registers {
    uintptr_t value[REGISTER_COUNT];
    uint32_t known; /* bit per register */
    bool exact;
};

enum careful_step { STEPPED, STEP_END, STEP_BROKEN, STEP_COMPLEX };

static bool base_value(const struct registers *from, uintptr_t cfa, uint8_t base,
                       uintptr_t *ret_value)
{
    *ret_value = base == BASE_CFA ? cfa : from->value[base];
    return base == BASE_CFA || (from->known & BIT(base));
}

static enum careful_step find_cfa(const struct registers *from, const struct dwarf_rules *rules,
                                  struct readable *memory, uintptr_t *ret_cfa)
{
    uintptr_t cfa;
    if (!rules->cfa_known || !base_value(from, 0, rules->cfa.base, &cfa))
        return STEP_COMPLEX;
    cfa += (uintptr_t)rules->cfa.offset;
    if (rules->cfa.deref) {
        if (!readable_word(memory, from->value[REGISTER_SP], cfa))
            return STEP_BROKEN;
        cfa = *(const uintptr_t *)cfa + (uintptr_t)rules->cfa.add;
    }
    *ret_cfa = cfa;
    return STEPPED;
}

/* Finds one register of the caller; unknown ones stay unknown. Returns false where memory ends. */
static bool find_register(const struct registers *from, const struct dwarf_rule *rule,
                          unsigned number, uintptr_t cfa, struct readable *memory,
                          struct registers *to)
{
    uintptr_t value = from->value[number];
    bool known = rule->kind == RULE_SAME && (from->known & BIT(number));
    if (rule->kind == RULE_AT || rule->kind == RULE_IS) {
        known = base_value(from, cfa, rule->base, &value);
        value += (uintptr_t)(intptr_t)rule->offset;
        if (known && rule->kind == RULE_AT) {
            if (!readable_word(memory, from->value[REGISTER_SP], value))
                return false;
            value = *(const uintptr_t *)value;
        }
    }
    to->value[number] = value;
    to->known |= known ? BIT(number) : 0;
    return true;
}

static enum careful_step apply(struct registers *frame, const struct dwarf_rules *rules,
                               bool signal, struct readable *memory)
{
    struct registers caller = {.exact = signal};
    uintptr_t cfa;
    if (rules->rule[REGISTER_PC].kind == RULE_UNDEFINED)
        return STEP_END;
    enum careful_step step = find_cfa(frame, rules, memory, &cfa);
    if (step != STEPPED)
        return step;
    if (!signal && !readable_step(frame->value[REGISTER_SP], cfa))
        return STEP_BROKEN;
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        if (!find_register(frame, &rules->rule[i], i, cfa, memory, &caller))
            return STEP_BROKEN;
    /* What a call may change is unknown in the caller, unless the rules say where it is. */
    for (unsigned i = 0; i < REGISTER_PC; i++)
        if (rules->rule[i].kind == RULE_SAME && !(CALL_KEEPS & BIT(i)))
            caller.known &= ~BIT(i);
    if (rules->rule[REGISTER_SP].kind == RULE_SAME) {
        caller.value[REGISTER_SP] = cfa;
        caller.known |= BIT(REGISTER_SP);
    }
    if (rules->rule[REGISTER_PC].kind == RULE_SAME ||
        (~caller.known & (BIT(REGISTER_PC) | BIT(REGISTER_SP))))
        return STEP_COMPLEX;
    *frame = caller;
    readable_move(memory, frame->value[REGISTER_SP]);
    return STEPPED;
}

static __attribute__((noinline)) enum careful_step step(struct registers *frame,
                                                        struct readable *memory)
{
    struct frame_code code;
    struct dwarf_rules rules;
    uintptr_t key = frame->value[REGISTER_PC] - !frame->exact;
    if (frame_code_find(key, &code) != FRAME_FOUND)
        return STEP_BROKEN;
    if (!dwarf_rules(&code, key, &rules))
        return STEP_COMPLEX;
    return apply(frame, &rules, code.signal, memory);
}

static void from_context(const struct stack_start *start, struct registers *frame)
{
    const uintptr_t *values = start->registers;
    for (unsigned i = 0; i < REGISTER_COUNT; i++)
        frame->value[i] = values[context_slot[i]];
    frame->known = BIT(REGISTER_COUNT) - 1;
    frame->exact = start->exact;
}

/* From here up to the start: by then all registers that calls keep are what they are there. */
static __attribute__((noinline)) bool from_here(const struct stack_start *start,
                                                struct readable *memory, struct registers *frame)
{
    uintptr_t *value = frame->value;
    __asm__ volatile("lea 0(%%rip), %%rax\n\t"
                     "mov %%rax, 128(%0)\n\t" /* pc */
                     "mov %%rsp, 56(%0)\n\t"
                     "mov %%rbx, 24(%0)\n\t"
                     "mov %%rbp, 48(%0)\n\t"
                     "mov %%r12, 96(%0)\n\t"
                     "mov %%r13, 104(%0)\n\t"
                     "mov %%r14, 112(%0)\n\t"
                     "mov %%r15, 120(%0)"
                     :
                     : "r"(value)
                     : "rax", "memory");
    frame->known = CALL_KEEPS | BIT(REGISTER_SP) | BIT(REGISTER_PC);
    frame->exact = true;
    memory->first = value[REGISTER_SP];
    readable_move(memory, value[REGISTER_SP]);
    while (value[REGISTER_SP] <= start->sp) {
        if (value[REGISTER_SP] == start->sp && value[REGISTER_PC] == start->pc)
            return true;
        if (step(frame, memory) != STEPPED)
            return false;
    }
    return false;
}

bool careful_walk(const struct stack_start *start, uint32_t depth, struct stack_frames *frames,
                  bool *ret_complex)
{
    struct readable memory = readable_from(start);
    struct registers frame = {0};
    uint32_t count = 0, had = frames->count;
    enum careful_step end;
    *ret_complex = true;
    if (start->registers)
        from_context(start, &frame);
    else if (start->exact || !from_here(start, &memory, &frame))
        return false;
    do {
        uintptr_t pc = frame.value[REGISTER_PC];
        if (pc == 0 || count == depth) {
            frames->flags |= pc ? STACK_TRUNCATED : 0;
            end = STEP_END;
            break;
        }
        /* So far both walks have seen the same; only what is new is written. */
        if (count >= had) {
            frames->frames[count] = pc;
            frames->exact |= (uint64_t)frame.exact << count;
        }
        count++;
        end = step(&frame, &memory);
    } while (end == STEPPED);
    *ret_complex = end == STEP_COMPLEX;
    if (count <= had)
        return false;
    frames->count = count;
    if (end != STEP_END)
        frames->flags |= STACK_BROKEN;
    return true;
}
