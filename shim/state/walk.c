#include "state/walk.h"

#include <dlfcn.h>

#include "state/careful.h"
#include "state/libunwind.h"
#include "state/module.h"
#include "state/moved.h"
#include "state/readable.h"

/* The kernel's rt_sigframe as its restorer sees it: sp points to the ucontext; uc_mcontext's
   registers are 40 bytes in, rsp at 160 and rip at 168 (asm/sigcontext.h). */
#define CONTEXT_REGISTERS 40
#define CONTEXT_SP        160
#define CONTEXT_PC        168

struct walker {
    uintptr_t pc, sp, bp;
    bool exact;
    bool bp_first; /* bp is still the one that the walk began with */
    bool lacking;  /* the last step failed for want of a register, not of memory */
    bool registers_on_stack;
    /* All registers of the frame at pc, in sigcontext's order, where they are known; else 0. */
    uintptr_t registers;
    uintptr_t bp_at; /* bp came from this word, which nothing has used yet; 0: none */
    struct readable memory;
    const struct stack_start *start;
    struct walk_words *words;
};

static inline __attribute__((always_inline)) void note(struct walker *w, uintptr_t at,
                                                       uint64_t value)
{
    struct walk_words *words = w->words;
    if (!words)
        return;
    if (unlikely(words->count == WALK_WORDS_MAX)) {
        words->incomplete = true;
        return;
    }
    words->offsets[words->count] = (int32_t)(at - w->start->sp);
    words->values[words->count++] = value;
}

/* The words so far are not all that decides. */
static void stop_noting(struct walker *w)
{
    if (w->words)
        w->words->incomplete = true;
    w->words = NULL;
}

/* bp is about to matter. */
static inline __attribute__((always_inline)) void use_bp(struct walker *w)
{
    if (w->bp_at) {
        note(w, w->bp_at, w->bp);
        w->bp_at = 0;
    } else if (w->bp_first && w->words) {
        w->words->bp_used = true;
    }
}

static inline __attribute__((always_inline)) void set_bp(struct walker *w, uintptr_t at)
{
    w->bp = *(const uintptr_t *)at;
    w->bp_at = at;
    w->bp_first = false;
}

static bool load(struct walker *w, uintptr_t at, uintptr_t *ret_value)
{
    if (!readable_word(&w->memory, w->sp, at))
        return false;
    *ret_value = *(const uintptr_t *)at;
    note(w, at, *ret_value);
    return true;
}

/* The value of a register of the present frame. */
static bool register_value(struct walker *w, unsigned number, uintptr_t *ret_value)
{
    if (number == REGISTER_SP) {
        *ret_value = w->sp;
        return true;
    }
    if (number == REGISTER_BP) {
        use_bp(w);
        *ret_value = w->bp;
        return true;
    }
    if (!w->registers || number >= REGISTER_COUNT) {
        w->lacking = true;
        return false;
    }
    uintptr_t at = w->registers + 8u * context_slot[number];
    if (w->registers_on_stack)
        return load(w, at, ret_value);
    *ret_value = *(const uintptr_t *)at;
    return true;
}

static bool place_address(struct walker *w, const struct dwarf_rule *place, uintptr_t cfa,
                          uintptr_t *ret_at)
{
    uintptr_t base = cfa;
    if (place->base != BASE_CFA && !register_value(w, place->base, &base))
        return false;
    *ret_at = base + (uintptr_t)(intptr_t)place->offset;
    return true;
}

static bool cfa_of(struct walker *w, const struct unwind_row *row, uintptr_t *ret_cfa)
{
    uintptr_t cfa;
    if (!register_value(w, row->cfa_base, &cfa))
        return false;
    cfa += (uintptr_t)(intptr_t)row->cfa_offset;
    if (row->cfa_deref) {
        if (!load(w, cfa, &cfa))
            return false;
        cfa += (uintptr_t)(intptr_t)row->cfa_add;
    }
    *ret_cfa = cfa;
    return true;
}

static bool caller_pc(struct walker *w, const struct unwind_row *row, uintptr_t cfa,
                      uintptr_t *ret_pc)
{
    uintptr_t at;
    if (row->ra.kind == RULE_IS)
        return register_value(w, row->ra.base, ret_pc);
    return place_address(w, &row->ra, cfa, &at) && load(w, at, ret_pc);
}

static bool caller_bp(struct walker *w, const struct unwind_row *row, uintptr_t cfa)
{
    uintptr_t at;
    if (row->bp.kind == RULE_SAME)
        return true;
    if (row->bp.kind == RULE_IS) {
        if (!register_value(w, row->bp.base, &w->bp))
            return false;
        w->bp_at = 0;
        w->bp_first = false;
        return true;
    }
    if (!place_address(w, &row->bp, cfa, &at) || !readable_word(&w->memory, w->sp, at))
        return false;
    set_bp(w, at);
    return true;
}

/* One step by a row that its code alone does not hold. */
static bool step_row(struct walker *w, const struct unwind_row *row)
{
    uintptr_t cfa, pc, registers = 0;
    if (!cfa_of(w, row, &cfa) || !caller_pc(w, row, cfa, &pc) || !caller_bp(w, row, cfa))
        return false;
    if (row->signal) {
        /* Only the kernel's own frame is known to hold the other registers too. */
        bool kernels = row->ra.kind == RULE_AT && row->ra.base == REGISTER_SP &&
                       row->ra.offset == CONTEXT_PC && row->cfa_deref &&
                       row->cfa_base == REGISTER_SP && row->cfa_offset == CONTEXT_SP;
        registers = kernels ? w->sp + CONTEXT_REGISTERS : 0;
    } else if (!readable_step(w->sp, cfa)) {
        return false;
    }
    w->pc = pc;
    w->sp = cfa;
    w->exact = row->signal;
    w->registers = registers;
    w->registers_on_stack = true;
    readable_move(&w->memory, w->sp);
    /* From an alternate signal stack to the thread's own: too far for offsets, and nothing says
       that both are still there when the first sp is the same again. */
    bool one_stack = w->sp >= w->start->sp && w->start->sp >= w->memory.low && w->memory.limit;
    if (row->signal && !one_stack)
        stop_noting(w);
    return true;
}

/* Without unwind information: the frame pointer, where what it points to looks like a frame. */
static bool step_frame_pointer(struct walker *w)
{
    struct dl_find_object object;
    uintptr_t pc, bp;
    use_bp(w);
    if (w->bp % 8 || w->bp < w->sp || w->bp - w->sp >= STEP_MOST || !load(w, w->bp + 8, &pc) ||
        _dl_find_object((void *)pc, &object) != 0 || !load(w, w->bp, &bp))
        return false;
    w->pc = pc;
    w->sp = w->bp + 16;
    w->bp = bp; /* its word is noted already */
    w->bp_first = false;
    w->exact = false;
    w->registers = 0;
    return true;
}

/* A call through a bad pointer: nothing is at pc, and its return address is the last word. */
static bool step_wild_call(struct walker *w)
{
    struct dl_find_object object;
    uintptr_t pc;
    if (!w->exact || memory_is_readable(w->pc) || !load(w, w->sp, &pc) ||
        _dl_find_object((void *)pc, &object) != 0)
        return false;
    w->pc = pc;
    w->sp += 8;
    w->exact = false;
    w->registers = 0;
    return true;
}

/* The whole walk in another way, for a frame that needs more than rsp and rbp. */
static bool walk_again(const struct stack_start *start, uint32_t depth, struct stack_frames *frames)
{
    bool complex;
    bool further = careful_walk(start, depth, frames, &complex);
    if (complex)
        further = libunwind_walk(start, depth, frames) || further;
    return further;
}

/* A thunk that moved code called returns to no code that anybody knows: the program is at the
   instruction that the call is for. */
static bool leave_moved_code(struct walker *w, struct stack_frames *frames)
{
    uintptr_t lift, pc = moved_translate(w->pc, &lift);
    if (pc == w->pc)
        return false;
    w->pc = pc;
    w->sp += lift;
    w->exact = true;
    frames->exact |= 1ull << (frames->count - 1);
    frames->frames[frames->count - 1] = pc;
    return true;
}

/* Everything but the common step. Returns false at the end of the walk. */
static __attribute__((noinline)) bool step_wide(struct walker *w, uint32_t code,
                                                struct stack_frames *frames, uint32_t depth)
{
    uint32_t number = code & ~CODE_WIDE;
    enum row_kind kind = number < ROW_KINDS ? (enum row_kind)number : ROW_NORMAL;
    bool stepped;
    switch (kind) {
    case ROW_END:
        return false;
    case ROW_NORMAL:
        stepped = step_row(w, &unwind_rows[number]);
        break;
    case ROW_NO_INFO:
        stepped = step_frame_pointer(w);
        break;
    case ROW_NO_MODULE:
        stepped = step_wild_call(w);
        break;
    default:
        stepped = false;
        w->lacking = true;
    }
    if (stepped)
        return true;
    /* How it ends is not a function of the words alone, except that generated code has no rows
       wherever it is met again. */
    if (kind != ROW_NO_MODULE || w->exact)
        stop_noting(w);
    if (!w->lacking || !walk_again(w->start, depth, frames))
        frames->flags |= STACK_BROKEN;
    return false;
}

/* The same for a row that is its code, when the stack has no known bounds or the CFA is odd. */
static __attribute__((noinline)) bool check_step(struct walker *w, uintptr_t cfa, uint32_t slot)
{
    return readable_step(w->sp, cfa) && readable_word(&w->memory, w->sp, cfa - 8) &&
           readable_word(&w->memory, w->sp, cfa - 8u * slot);
}

static inline __attribute__((always_inline)) bool step(struct walker *w, uint32_t code)
{
    uintptr_t base = w->sp;
    uint32_t slot = CODE_SLOT(code);
    if (code & CODE_BASE_BP) {
        use_bp(w);
        base = w->bp;
    }
    uintptr_t cfa = base + CODE_OFFSET(code);
    /* A slot is at most 15 words below the CFA: in the frame, or in the red zone. */
    if (unlikely(cfa - 8 < w->sp || cfa > w->memory.limit || cfa % 8) && !check_step(w, cfa, slot))
        return false;
    if (slot)
        set_bp(w, cfa - 8u * slot);
    w->pc = *(const uintptr_t *)(cfa - 8);
    note(w, cfa - 8, w->pc);
    w->sp = cfa;
    w->exact = false;
    return true;
}

void walk(const struct stack_start *start, uint32_t depth, struct stack_frames *ret_frames,
          struct walk_words *ret_words)
{
    struct walker w = {
        .pc = start->pc,
        .sp = start->sp,
        .bp = start->bp,
        .exact = start->exact,
        .bp_first = true,
        .registers = (uintptr_t)start->registers,
        .memory = readable_from(start),
        .start = start,
        .words = ret_words,
    };
    struct stack_frames *frames = ret_frames;
    frames->count = 0;
    frames->flags = 0;
    frames->exact = 0;
    frames->epoch = __atomic_load_n(&module_epoch, __ATOMIC_ACQUIRE);
    for (;;) {
        if (w.pc == 0 && frames->count)
            break;
        if (frames->count == depth) {
            frames->flags |= STACK_TRUNCATED;
            break;
        }
        frames->exact |= (uint64_t)w.exact << frames->count;
        frames->frames[frames->count++] = w.pc;
        uint32_t code = unwind_code(w.exact ? w.pc : w.pc - 1);
        if (unlikely(code == (CODE_WIDE | ROW_NO_MODULE)) && leave_moved_code(&w, frames))
            code = unwind_code(w.pc);
        if (unlikely(code & CODE_WIDE)) {
            if (!step_wide(&w, code, frames, depth))
                break;
        } else if (unlikely(!step(&w, code))) {
            frames->flags |= STACK_BROKEN;
            break;
        } else {
            w.registers = 0;
        }
    }
    if (ret_words && w.memory.had_to_ask)
        ret_words->incomplete = true;
}
