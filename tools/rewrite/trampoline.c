#include "trampoline.h"

#include <string.h>

#include "check.h"

#define SLOT(field) offsetof(struct rewrite_slots, field)

/* Lost by calls, so never read again by an unwinder that lands somewhere else after a fault: these
   serve when they are dead. Those that a frame is found by, rsp, rbp, rbx, are never touched. */
static const uint8_t caller_saved[] = {REGISTER_RAX, REGISTER_RCX, REGISTER_RDX,
                                       REGISTER_RSI, REGISTER_RDI, REGISTER_R8,
                                       REGISTER_R9,  REGISTER_R11, REGISTER_R10};

/* Serve when they are put aside for the while. Not rax: the flags pass through it. */
static const uint8_t to_borrow[] = {REGISTER_RCX, REGISTER_RDX, REGISTER_RSI, REGISTER_RDI,
                                    REGISTER_R8,  REGISTER_R9,  REGISTER_R11, REGISTER_R10,
                                    REGISTER_R12, 13,           14,           REGISTER_R15};

enum {
    BORROW_FROM = 2 /* checks without a free register, for the whole run to borrow one */
};

/* Operands that a check before in the same run has covered. */
struct covered {
    struct operand operand;
    uint8_t size;
    bool write;
};

/* What is decided about a run before it is written. */
struct steps {
    bool check[RUN_LIMIT];  /* the instruction gets one */
    int8_t free[RUN_LIMIT]; /* a dead register for it, -1 none */
    int lent;               /* what the run borrows, -1 none */
    uint32_t elided;
};

static uint32_t live_before(const struct insn *insn)
{
    return (uint32_t)(insn->uses | (insn->live & ~insn->defines));
}

static uint32_t operand_registers(const struct insn *insn)
{
    return (insn->base >= 0 ? 1u << insn->base : 0) | (insn->index >= 0 ? 1u << insn->index : 0);
}

static int pick(const uint8_t *from, size_t count, uint32_t taken)
{
    for (size_t i = 0; i < count; i++)
        if (!(taken >> from[i] & 1))
            return from[i];
    return -1;
}

/* Registers that the instruction may write, or write a part of: what it uses may be such a part,
   unless it is a mov, which writes what it defines or memory. */
static uint32_t may_write(const struct insn *insn)
{
    uint32_t written = (uint32_t)insn->defines;
    bool pure = (insn->flags & SITE_MOVE) && (insn->flags & SITE_WRITE || insn->defines);
    return pure ? written : written | (uint32_t)insn->uses;
}

static bool same_operand(const struct operand *a, const struct operand *b)
{
    if (a->in_thread != b->in_thread || a->relative != b->relative)
        return false;
    if (a->relative)
        return a->target == b->target;
    return a->base == b->base && a->index == b->index && a->displacement == b->displacement &&
           (a->index < 0 || a->scale == b->scale);
}

static bool is_covered(const struct covered *covered, uint32_t count, const struct insn *insn,
                       const struct operand *operand)
{
    for (uint32_t i = 0; i < count; i++)
        if (same_operand(&covered[i].operand, operand) && covered[i].size >= insn->size &&
            (covered[i].write || !(insn->flags & SITE_WRITE)))
            return true;
    return false;
}

/* Forgets the operands whose registers this instruction may have changed. */
static uint32_t forget(struct covered *covered, uint32_t count, const struct insn *insn)
{
    uint32_t written = may_write(insn), kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct operand *operand = &covered[i].operand;
        if ((operand->base >= 0 && written >> operand->base & 1) ||
            (operand->index >= 0 && written >> operand->index & 1))
            continue;
        covered[kept++] = covered[i];
    }
    return kept;
}

/* Which instructions get a check: not those whose operand is covered. Accesses of atomic types, and
   those that are told the shim as they are, always do; what orders memory covers nothing before. */
static void choose_checks(const struct trampoline *trampoline, const struct run *run,
                          struct steps *steps)
{
    struct covered covered[RUN_LIMIT];
    uint32_t count = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        const struct insn *insn = &trampoline->runs->module->insns[run->first + i];
        steps->check[i] = trampoline->form != FORM_MOVE_ONLY && is_watched(insn);
        if (steps->check[i] && insn->access != MEMORY_PLAIN) {
            count = 0;
        } else if (steps->check[i] && has_cells(insn) && !(insn->flags & SITE_ATOMIC)) {
            struct operand operand = operand_of(insn);
            if (is_covered(covered, count, insn, &operand)) {
                steps->check[i] = false;
                steps->elided++;
            } else {
                covered[count++] = (struct covered){
                    .operand = operand, .size = insn->size, .write = insn->flags & SITE_WRITE};
            }
        }
        count = forget(covered, count, insn);
    }
}

static void choose_registers(const struct trampoline *trampoline, const struct run *run,
                             struct steps *steps)
{
    const struct insn *insns = &trampoline->runs->module->insns[run->first];
    uint32_t used = 0, without = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        used |= (uint32_t)(insns[i].uses | insns[i].defines) | operand_registers(&insns[i]);
        steps->free[i] = -1;
        if (!steps->check[i] || insns[i].access == MEMORY_STRING)
            continue;
        uint32_t taken = live_before(&insns[i]) | operand_registers(&insns[i]);
        steps->free[i] = (int8_t)pick(caller_saved, sizeof caller_saved, taken);
        without += steps->free[i] < 0;
    }
    steps->lent = without >= BORROW_FROM ? pick(to_borrow, sizeof to_borrow, used) : -1;
}

static struct check check_of(const struct trampoline *trampoline, const struct steps *steps,
                             const struct run *run, uint32_t i)
{
    const struct module *module = trampoline->runs->module;
    const struct insn *insn = &module->insns[run->first + i];
    struct check check = {
        .insn = insn,
        .bytes = module->text + insn->offset,
        .operand = operand_of(insn),
        .form = trampoline->form,
        .scratch = steps->free[i] >= 0 ? steps->free[i] : steps->lent,
        .keep_flags = live_before(insn) & INSN_FLAGS,
        .rax_is_free = !(live_before(insn) >> REGISTER_RAX & 1) && !(operand_registers(insn) & 1),
        .flags_behind = insn->live & INSN_FLAGS,
        .lent = steps->lent,
    };
    if (check.scratch < 0 && insn->access != MEMORY_STRING) {
        check.borrow = true;
        check.scratch = pick(to_borrow, sizeof to_borrow, operand_registers(insn));
    }
    return check;
}

static void count_check(struct image_statistics *statistics, const struct check *check)
{
    if (!statistics)
        return;
    const struct insn *insn = check->insn;
    statistics->checks++;
    statistics->strings += insn->access == MEMORY_STRING;
    statistics->locked += insn->access == MEMORY_LOCKED;
    statistics->ranges += insn->access == MEMORY_PLAIN && !has_cells(insn);
    statistics->flags_kept += insn->access == MEMORY_PLAIN && has_cells(insn) && check->keep_flags;
    statistics->borrowed += check->borrow;
}

/* The text, or the moved code of what stands there. */
static int64_t linked(const struct trampoline *trampoline, uint32_t offset)
{
    const struct run *run = run_at(trampoline->runs, offset);
    return run ? trampoline->distance + run->hot : (int64_t)offset;
}

/* The instruction itself; behind it nothing of the run is left to do when it is the last. */
static void write_insn(struct trampoline *trampoline, const struct insn *insn)
{
    struct code *hot = &trampoline->hot;
    uint32_t next = insn->offset + insn->length;
    if (insn->kind == INSN_BRANCH) {
        code_branch(hot, insn->condition, linked(trampoline, insn->target));
        check_row(hot, insn, MOVED_DONE, -1);
        code_jump(hot, linked(trampoline, next));
    } else if (insn->kind == INSN_JUMP) {
        code_jump(hot, linked(trampoline, insn->target));
    } else {
        code_copy(hot, insn, trampoline->runs->module->text + insn->offset);
    }
}

static void return_lent(struct code *hot, const struct insn *insn, const struct steps *steps,
                        unsigned state)
{
    if (steps->lent < 0)
        return;
    check_row(hot, insn, state, steps->lent);
    code_slot(hot, OPCODE_LOAD, steps->lent, true, SLOT(scratch));
}

static void write_step(struct trampoline *trampoline, const struct run *run,
                       const struct steps *steps, uint32_t i, uint32_t *site)
{
    const struct insn *insn = &trampoline->runs->module->insns[run->first + i];
    struct code *hot = &trampoline->hot;
    struct check check;
    if (steps->check[i]) {
        struct rewrite_site row = {insn->offset, insn->flags, insn->size};
        check = check_of(trampoline, steps, run, i);
        check.site_word = rewrite_site_word(*site, &row);
        if (trampoline->sites)
            trampoline->sites[*site] = row;
        ++*site;
        count_check(trampoline->statistics, &check);
        check_before(&check, hot);
    }
    int lent = steps->lent;
    if (insn->kind != INSN_PLAIN) {
        return_lent(hot, insn, steps, MOVED_CHECKING);
        lent = -1;
    }
    check_row(hot, insn, 0, lent);
    write_insn(trampoline, insn);
    if (steps->check[i])
        check_behind(&check, hot, &trampoline->cold);
}

static uint32_t write_run(struct trampoline *trampoline, const struct run *run)
{
    const struct insn *insns = &trampoline->runs->module->insns[run->first];
    const struct insn *last = &insns[run->count - 1];
    struct code *hot = &trampoline->hot;
    struct steps steps = {.lent = -1};
    choose_checks(trampoline, run, &steps);
    choose_registers(trampoline, run, &steps);
    uint32_t site = run->first_site;
    if (steps.lent >= 0) {
        check_row(hot, insns, MOVED_CHECKING, -1);
        code_slot(hot, OPCODE_STORE, steps.lent, true, SLOT(scratch));
    }
    for (uint32_t i = 0; i < run->count; i++)
        write_step(trampoline, run, &steps, i, &site);
    if (last->kind == INSN_PLAIN) {
        return_lent(hot, last, &steps, MOVED_DONE);
        check_row(hot, last, MOVED_DONE, -1);
        code_jump(hot, linked(trampoline, last->offset + last->length));
    }
    if (trampoline->statistics)
        trampoline->statistics->elided += steps.elided;
    return site - run->first_site;
}

void trampoline_measure(struct trampoline *trampoline, struct run *run)
{
    uint8_t hot[RUN_LIMIT * 512], cold[RUN_LIMIT * 512];
    trampoline->hot = (struct code){.bytes = hot,
                                    .at = hot,
                                    .end = hot + sizeof hot,
                                    .address = trampoline->distance,
                                    .origin = trampoline->distance};
    trampoline->cold = trampoline->hot;
    trampoline->cold.bytes = trampoline->cold.at = cold;
    trampoline->cold.end = cold + sizeof cold;
    run->first_site = 0;
    uint32_t sites = write_run(trampoline, run);
    if (trampoline->hot.overflow || trampoline->cold.overflow) {
        run->way = RUN_LEFT;
        run->why = WHY_OPERAND;
        return;
    }
    run->accesses = (uint16_t)sites;
    run->hot_size = (uint32_t)(trampoline->hot.at - hot);
    run->cold_size = (uint32_t)(trampoline->cold.at - cold);
}

bool trampoline_write(struct trampoline *trampoline, const struct run *run)
{
    struct code *hot = &trampoline->hot, *cold = &trampoline->cold;
    uint8_t *hot_start = hot->at, *cold_start = cold->at;
    write_run(trampoline, run);
    if (hot->ledger)
        ledger_end(hot->ledger, code_offset(hot));
    if (cold->ledger)
        ledger_end(cold->ledger, code_offset(cold));
    return !hot->overflow && !cold->overflow && hot->at - hot_start == run->hot_size &&
           cold->at - cold_start == run->cold_size;
}

void trampoline_pad(struct code *code, const struct runs *runs, const struct run *run)
{
    if (code->ledger)
        ledger_row(code->ledger, code_offset(code), &runs->module->insns[run->first],
                   MOVED_CHECKING | MOVED_COLD, -1);
    code_jump(code, code->origin + run->hot);
    if (code->ledger)
        ledger_end(code->ledger, code_offset(code));
}
