/*
 * Which registers and flags somebody may still read behind each instruction: backward over the
 * whole module, block by block, until nothing changes (each block again only when one that it leads
 * to changed; 18 bits can change).
 *
 * Everything is read by what we do not see: indirect jumps, system calls, code that no function
 * covers, returns (with -fipa-ra a caller may know that a register survives), except the flags
 * across calls and returns, which the ABI gives up. Hand-written assembly may pass them all the
 * same: a second bit for the flags follows real reads only, and where one stands behind a call, or
 * at the entry of what is called directly, the flags cross it.
 */
#include "scan.h"
#include <stdlib.h>

#define REGISTERS  0xffffu
#define REAL_FLAGS (1u << 17) /* an instruction that we see reads them */
#define EVERYTHING (REGISTERS | INSN_FLAGS)
#define SAVED      0xf028u /* rbx rbp r12 to r15 */
#define ALL_BITS   0x3ffffu

#define NO_BLOCK UINT32_MAX

struct block {
    uint32_t first;  /* instruction */
    uint32_t target; /* block that its last instruction jumps to or calls; NO_BLOCK */
    /* Of what is live behind it survive goes through; live: at its start. */
    uint64_t reads : 18, survive : 18, live : 18;
    uint64_t kind : 3;   /* of its last instruction */
    uint64_t joined : 1; /* the next block follows it without a gap */
    uint64_t slot : 1;   /* it jumps through the PLT */
};

struct flow {
    struct module *module;
    struct block *blocks; /* one more: its first is the end */
    uint32_t count;
    uint64_t *firsts;       /* bit per instruction: a block's first */
    uint32_t *blocks_below; /* blocks before each word of firsts */
    uint32_t *from, *edges; /* predecessors of block b: edges[from[b]] up to from[b + 1] */
    uint32_t *waiting, waiting_count;
    uint8_t *waits;
    uint32_t returned; /* live behind a return */
};

static bool joined(const struct module *module, uint32_t index)
{
    return index + 1 < module->insn_count &&
           module->insns[index + 1].offset ==
               module->insns[index].offset + module->insns[index].length;
}

static uint32_t block_of(const struct flow *flow, uint32_t index)
{
    uint64_t below = flow->firsts[index / 64] & ((2ull << index % 64) - 1);
    return flow->blocks_below[index / 64] + bits_in(below) - 1;
}

/* The block that starts at a text offset; NO_BLOCK: none that we know. */
static uint32_t block_at(const struct flow *flow, uint32_t offset)
{
    const struct insn *insn = insn_at(flow->module, offset);
    if (!insn)
        return NO_BLOCK;
    uint32_t index = (uint32_t)(insn - flow->module->insns);
    uint32_t block = block_of(flow, index);
    return flow->blocks[block].first == index ? block : NO_BLOCK;
}

static bool starts_block(const struct module *module, uint32_t index)
{
    return !index || module->leaders[module->insns[index].offset] ||
           module->insns[index - 1].kind != INSN_PLAIN || !joined(module, index - 1);
}

static bool make_blocks(struct flow *flow)
{
    struct module *module = flow->module;
    uint32_t words = module->insn_count / 64 + 1;
    flow->firsts = calloc(words, sizeof *flow->firsts);
    flow->blocks_below = calloc(words, sizeof *flow->blocks_below);
    if (!flow->firsts || !flow->blocks_below)
        return false;
    for (uint32_t i = 0; i < module->insn_count; i++) {
        if (i % 64 == 0)
            flow->blocks_below[i / 64] = flow->count;
        if (starts_block(module, i)) {
            flow->firsts[i / 64] |= 1ull << i % 64;
            flow->count++;
        }
    }
    flow->blocks = calloc(flow->count + 1u, sizeof *flow->blocks);
    if (!flow->blocks)
        return false;
    for (uint32_t i = 0, block = 0; i < module->insn_count; i++)
        if (flow->firsts[i / 64] >> i % 64 & 1)
            flow->blocks[block++].first = i;
    flow->blocks[flow->count].first = module->insn_count;
    return true;
}

static uint32_t reads_of(const struct insn *insn)
{
    uint32_t reads = (uint32_t)insn->uses;
    if (insn->kind == INSN_STOP)
        return EVERYTHING;
    if (reads & INSN_FLAGS)
        reads |= REAL_FLAGS;
    return reads | (insn->unwinds ? SAVED : 0);
}

static uint32_t survive_of(const struct insn *insn)
{
    uint32_t replaced = (uint32_t)insn->defines;
    return ~(replaced & INSN_FLAGS ? replaced | REAL_FLAGS : replaced);
}

/* Before an instruction, from behind it. Calls and what stops go their own ways (leads_to). */
static uint32_t before(const struct insn *insn, uint32_t behind)
{
    return reads_of(insn) | (behind & survive_of(insn));
}

static void sum_block(const struct flow *flow, struct block *block)
{
    const struct insn *insns = flow->module->insns;
    uint32_t reads = 0, survive = ~0u, last = block[1].first - 1;
    for (uint32_t i = last + 1; i-- > block->first;) {
        reads = before(&insns[i], reads);
        survive &= survive_of(&insns[i]);
    }
    block->reads = reads & ALL_BITS;
    block->survive = survive & ALL_BITS;
    block->kind = insns[last].kind & 7;
    block->joined = joined(flow->module, last);
    block->slot = insns[last].relative && insns[last].access == MEMORY_NONE;
    block->target = insns[last].target == NO_TARGET ? NO_BLOCK : block_at(flow, insns[last].target);
}

static uint32_t live_at(const struct flow *flow, uint32_t block)
{
    return block == NO_BLOCK ? EVERYTHING : (uint32_t)flow->blocks[block].live;
}

static uint32_t live_next(const struct block *block)
{
    return block->joined ? (uint32_t)block[1].live : EVERYTHING;
}

/* What a block's last instruction leads to: live there. For calls what the called reads; behind the
   call itself (insn.live) is what is live at the next. */
static uint32_t leads_to(const struct flow *flow, const struct block *block)
{
    switch (block->kind) {
    case INSN_PLAIN:
        return live_next(block);
    case INSN_BRANCH:
        return live_next(block) | live_at(flow, block->target);
    case INSN_JUMP:
        return live_at(flow, block->target);
    case INSN_RETURN:
        return flow->returned;
    case INSN_CALL: {
        uint32_t live = block->target == NO_BLOCK ? REGISTERS : live_at(flow, block->target);
        return live & REAL_FLAGS ? live : live & ~INSN_FLAGS;
    }
    case INSN_JUMP_FAR: /* through the PLT: a call */
        return block->slot ? REGISTERS : EVERYTHING;
    default:
        return EVERYTHING;
    }
}

/* Blocks that a block's live words come from, at most 2. */
static unsigned successors(const struct flow *flow, uint32_t block, uint32_t ret[2])
{
    const struct block *at = &flow->blocks[block];
    unsigned count = 0;
    if (at->target != NO_BLOCK && at->kind != INSN_STOP)
        ret[count++] = at->target;
    if ((at->kind == INSN_PLAIN || at->kind == INSN_BRANCH) && at->joined)
        ret[count++] = block + 1;
    return count;
}

static bool find_predecessors(struct flow *flow)
{
    uint32_t next[2];
    flow->from = calloc(flow->count + 2u, sizeof *flow->from);
    if (!flow->from)
        return false;
    for (uint32_t b = 0; b < flow->count; b++)
        for (unsigned i = successors(flow, b, next); i-- > 0;)
            flow->from[next[i] + 2]++;
    for (uint32_t b = 0; b < flow->count; b++)
        flow->from[b + 2] += flow->from[b + 1];
    flow->edges = malloc((flow->from[flow->count + 1] + 1u) * sizeof *flow->edges);
    if (!flow->edges)
        return false;
    for (uint32_t b = 0; b < flow->count; b++)
        for (unsigned i = successors(flow, b, next); i-- > 0;)
            flow->edges[flow->from[next[i] + 1]++] = b;
    return true;
}

static void wait_for(struct flow *flow, uint32_t block)
{
    if (flow->waits[block])
        return;
    flow->waits[block] = 1;
    flow->waiting[flow->waiting_count++] = block;
}

static void settle(struct flow *flow)
{
    while (flow->waiting_count) {
        uint32_t b = flow->waiting[--flow->waiting_count];
        struct block *block = &flow->blocks[b];
        flow->waits[b] = 0;
        uint32_t live = (uint32_t)block->reads | (leads_to(flow, block) & (uint32_t)block->survive);
        if (live == block->live)
            continue;
        block->live = live & ALL_BITS;
        for (uint32_t i = flow->from[b]; i < flow->from[b + 1]; i++)
            wait_for(flow, flow->edges[i]);
    }
}

/* Does code behind a call read the flags that the called left? */
static bool returns_flags(const struct flow *flow)
{
    for (uint32_t b = 0; b < flow->count; b++)
        if (flow->blocks[b].kind == INSN_CALL && live_next(&flow->blocks[b]) & REAL_FLAGS)
            return true;
    return false;
}

static void tell(const struct flow *flow)
{
    for (uint32_t b = 0; b < flow->count; b++) {
        const struct block *block = &flow->blocks[b];
        uint32_t live = leads_to(flow, block);
        for (uint32_t i = block[1].first; i-- > block->first;) {
            struct insn *insn = &flow->module->insns[i];
            uint32_t behind =
                insn->kind == INSN_CALL || insn->kind == INSN_STOP ? live_next(block) : live;
            insn->live = behind & EVERYTHING;
            live = before(insn, live);
        }
    }
}

static bool make_flow(struct flow *flow)
{
    if (!make_blocks(flow))
        return false;
    flow->waiting = malloc((flow->count + 1u) * sizeof *flow->waiting);
    flow->waits = calloc(flow->count + 1u, 1);
    if (!flow->waiting || !flow->waits)
        return false;
    for (uint32_t b = 0; b < flow->count; b++)
        sum_block(flow, &flow->blocks[b]);
    return find_predecessors(flow);
}

bool module_liveness(struct module *module)
{
    struct flow flow = {.module = module, .returned = REGISTERS};
    bool made = make_flow(&flow);
    if (made) {
        for (uint32_t b = 0; b < flow.count; b++)
            wait_for(&flow, b); /* the last on top */
        settle(&flow);
        if (returns_flags(&flow)) {
            flow.returned = EVERYTHING | REAL_FLAGS;
            for (uint32_t b = 0; b < flow.count; b++)
                wait_for(&flow, b);
            settle(&flow);
        }
        tell(&flow);
    }
    free(flow.blocks);
    free(flow.firsts);
    free(flow.blocks_below);
    free(flow.from);
    free(flow.edges);
    free(flow.waiting);
    free(flow.waits);
    return made || module_refuse(module, "needs more memory than there is");
}
