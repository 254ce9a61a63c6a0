#include "state/unwind.h"

#include <sys/mman.h>

#include "base/syscall.h"
#include "state/dwarf_rules.h"
#include "state/eh_frame.h"
#include "state/module.h"

#define CACHE_SIZE (UNWIND_SETS * sizeof unwind_cache[0])
uint64_t (*unwind_cache)[2];

/* Wide rows are kept as long as the process lives, because a walk may hold a code at any time. The
   first numbers stand for the kinds that carry nothing else. */
struct unwind_row unwind_rows[UNWIND_ROWS_MAX];
static uint32_t rows_used = ROW_KINDS;

/* Recently made wide rows by hash: equal rows share a number mostly. */
#define RECENT_ROWS 1024u
static uint16_t recent_rows[RECENT_ROWS];

/* Counts unwind_forget calls: a row that was looked up before one must not stay after it. */
static uint32_t generation;

static uint32_t row_hash(const struct unwind_row *row)
{
    const unsigned char *byte = (const unsigned char *)row;
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < sizeof *row; i++)
        hash = (hash ^ byte[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static uint32_t wide_code(const struct unwind_row *row)
{
    uint16_t *recent = &recent_rows[row_hash(row) % RECENT_ROWS];
    uint32_t number = __atomic_load_n(recent, __ATOMIC_ACQUIRE);
    if (number && mem_equal(&unwind_rows[number], row, sizeof *row))
        return CODE_WIDE | number;
    number = __atomic_load_n(&rows_used, __ATOMIC_RELAXED);
    if (number < UNWIND_ROWS_MAX)
        number = __atomic_fetch_add(&rows_used, 1, __ATOMIC_RELAXED);
    if (number >= UNWIND_ROWS_MAX)
        return CODE_WIDE | ROW_COMPLEX;
    unwind_rows[number] = *row;
    /* Publishes the row. Pairs with the acquire above. */
    __atomic_store_n(recent, (uint16_t)number, __ATOMIC_RELEASE);
    return CODE_WIDE | number;
}

/* A walk follows SAME, AT and registers moved to another one. */
static bool followed(const struct dwarf_rule *rule)
{
    return rule->kind == RULE_SAME || rule->kind == RULE_AT ||
           (rule->kind == RULE_IS && rule->base != BASE_CFA && rule->offset == 0);
}

void unwind_row_of(const struct dwarf_rules *rules, bool signal, struct unwind_row *ret_row)
{
    struct dwarf_rule ra = rules->rule[REGISTER_PC], bp = rules->rule[REGISTER_BP];
    const struct dwarf_sum *cfa = &rules->cfa;
    /* The caller's rsp is the CFA: that is what the CFA is. glibc's trampoline says where it is
       saved, which is the same value. Code that says anything else needs care. */
    uint8_t sp = rules->rule[REGISTER_SP].kind;
    bool sp_is_cfa = sp == RULE_SAME || (signal && sp == RULE_AT);
    bool cfa_fits =
        rules->cfa_known && cfa->offset == (int32_t)cfa->offset && cfa->add == (int32_t)cfa->add;
    if (bp.kind == RULE_UNDEFINED) /* nothing can depend on it: as good as unchanged */
        bp = (struct dwarf_rule){.kind = RULE_SAME};
    mem_clear(ret_row, sizeof *ret_row); /* its padding is compared too */
    if (ra.kind == RULE_UNDEFINED) {
        ret_row->kind = ROW_END;
    } else if (!cfa_fits || !sp_is_cfa || ra.kind == RULE_SAME || !followed(&ra) ||
               !followed(&bp)) {
        ret_row->kind = ROW_COMPLEX;
    } else {
        ret_row->kind = ROW_NORMAL;
        ret_row->signal = signal;
        ret_row->cfa_deref = cfa->deref;
        ret_row->cfa_base = cfa->base;
        ret_row->cfa_offset = (int32_t)cfa->offset;
        ret_row->cfa_add = cfa->deref ? (int32_t)cfa->add : 0;
        ret_row->ra.kind = ra.kind, ret_row->ra.base = ra.base, ret_row->ra.offset = ra.offset;
        ret_row->bp.kind = bp.kind, ret_row->bp.base = bp.base, ret_row->bp.offset = bp.offset;
    }
}

uint32_t unwind_row_code(const struct unwind_row *row)
{
    if (row->kind != ROW_NORMAL)
        return CODE_WIDE | row->kind;
    bool small = !row->signal && !row->cfa_deref &&
                 (row->cfa_base == REGISTER_SP || row->cfa_base == REGISTER_BP) &&
                 row->cfa_offset > 0 && row->cfa_offset % 8 == 0 && row->cfa_offset < 0x400 * 8 &&
                 row->ra.kind == RULE_AT && row->ra.base == BASE_CFA && row->ra.offset == -8;
    uint32_t slot = 0;
    if (row->bp.kind == RULE_AT) {
        small = small && row->bp.base == BASE_CFA && row->bp.offset < 0 &&
                row->bp.offset % 8 == 0 && row->bp.offset >= -15 * 8;
        slot = (uint32_t)(-row->bp.offset / 8);
    } else if (row->bp.kind != RULE_SAME) {
        small = false;
    }
    if (!small)
        return wide_code(row);
    return (row->cfa_base == REGISTER_BP ? CODE_BASE_BP : 0) | slot << 10 |
           (uint32_t)row->cfa_offset / 8;
}

static void cache_put(uint64_t *set, uint64_t entry)
{
    /* The newer of two goes first, the other one second. Both may be written by other threads
       meanwhile: at worst an entry is lost. Pairs with the acquire in unwind_code(). */
    __atomic_store_n(&set[1], __atomic_load_n(&set[0], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
    __atomic_store_n(&set[0], entry, __ATOMIC_RELEASE);
}

static __attribute__((noinline)) uint32_t code_of(const struct frame_code *frame, uintptr_t pc)
{
    struct dwarf_rules rules;
    struct unwind_row row = {.kind = ROW_COMPLEX};
    if (dwarf_rules(frame, pc, &rules))
        unwind_row_of(&rules, frame->signal, &row);
    return unwind_row_code(&row);
}

uint32_t unwind_code_slow(uintptr_t key)
{
    if (key >> 47) /* not an address of user space */
        return CODE_WIDE | ROW_NO_MODULE;
    uint32_t before = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);
    struct frame_code frame;
    enum frame_search search = frame_code_find(key, &frame);
    if (search == FRAME_NO_MODULE)
        return CODE_WIDE | ROW_NO_MODULE; /* a module may be mapped here any time */
    uint32_t code = search == FRAME_FOUND ? code_of(&frame, key) : CODE_WIDE | ROW_NO_INFO;
    if (!module_seen(key))
        return code;
    uint64_t *set = unwind_cache[(key >> 2 ^ key >> 17) & (UNWIND_SETS - 1)];
    cache_put(set, (uint64_t)key << 16 | code);
    /* Either unwind_forget clears our entry or we see that it ran. Pairs with unwind_forget(). */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&generation, __ATOMIC_RELAXED) != before) {
        __atomic_store_n(&set[0], 0, __ATOMIC_RELAXED);
        __atomic_store_n(&set[1], 0, __ATOMIC_RELAXED);
    }
    return code;
}

bool unwind_start_up(void)
{
    if (!unwind_cache)
        unwind_cache = pages_map(CACHE_SIZE);
    return unwind_cache != NULL;
}

void unwind_forget(void)
{
    __atomic_fetch_add(&generation, 1, __ATOMIC_SEQ_CST);
    /* Fresh pages read as zero, and an entry of zero is empty: other threads find nothing, or what
       they have just put. */
    raw_syscall(SYS_madvise, unwind_cache, CACHE_SIZE, MADV_DONTNEED);
}
