#include "compiled/frames.h"

#include "base/memory.h"
#include "compiled/entries.h"
#include "compiled/own.h"
#include "state/depot.h"
#include "state/stack.h"

__thread struct frames frames;

/* Frames of other threads' stacks have other sp, so equal hashes mean equal frames. */
static inline uint64_t mix(uint64_t hash, uintptr_t pc, uintptr_t sp)
{
    hash = (hash ^ pc) * 0x9e3779b97f4a7c15ull;
    return (hash ^ hash >> 32 ^ sp) * 0xd6e8feb86659fd93ull;
}

static inline bool on_own_stack(uintptr_t sp)
{
    return sp - frames.low < frames.size;
}

/* The frames of the calling thread, made when there are none; false when there cannot be any. */
static bool frames_make(void)
{
    struct thread *self = thread_current;
    if (!self || observing.races != RACES_ON || !self->stack_high)
        return false;
    struct own *own = own_of(self);
    if (!own)
        return false;
    frames.base = own->frames;
    frames.end = own->frames + OWN_FRAMES - 1;
    frames.base->sp = UINTPTR_MAX;
    frames.base->hash = mix(1, self->number, 0) | 1;
    frames.top = frames.base;
    frames.own = own;
    frames.low = self->stack_low;
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* a handler sees all of it or nothing */
    frames.size = self->stack_high - self->stack_low;
    return true;
}

/* A recursion deeper than we have room for: the older half goes. Its frames will be left one day,
   which underflow() then sees. */
static struct frame *drop_older(struct frame *top)
{
    size_t kept = OWN_FRAMES / 2;
    for (size_t i = 1; i <= kept; i++)
        frames.base[i] = *(top - kept + i);
    return frames.base + kept;
}

static void push(struct frame *top, uintptr_t pc, uintptr_t sp)
{
    top[1].sp = sp;
    top[1].pc = pc;
    top[1].hash = mix(top->hash, pc, sp);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    frames.top = top + 1;
}

static __attribute__((noinline)) void entry_slow(uintptr_t pc, uintptr_t sp)
{
    if (!frames.size && !frames_make())
        return;
    if (!on_own_stack(sp))
        return;
    struct frame *top = frames.top;
    while (top->sp <= sp) /* left by longjmp */
        top--;
    if (top >= frames.end)
        top = drop_older(top);
    push(top, pc, sp);
}

void __tsan_func_entry(void *pc)
{
    uintptr_t sp = stack_pointer();
    struct frame *top = frames.top;
    if (unlikely(!on_own_stack(sp)) || unlikely(top->sp <= sp) || unlikely(top >= frames.end)) {
        entry_slow((uintptr_t)pc, sp);
        return;
    }
    push(top, (uintptr_t)pc, sp);
}

/* A function that was entered before there were frames, or whose frame was dropped, is left: what
   is below is another stack from now on. */
static __attribute__((noinline)) void underflow(void)
{
    frames.base->hash = mix(frames.base->hash, 0, 0) | 1;
}

void __tsan_func_exit(void)
{
    if (unlikely(!on_own_stack(stack_pointer())))
        return;
    struct frame *top = frames.top;
    if (unlikely(top == frames.base)) {
        underflow();
        return;
    }
    frames.top = top - 1;
}

unsigned long frames_count(void)
{
    return frames.size ? (unsigned long)(frames.top - frames.base) : 0;
}

/* Are the walked frames those of the shadow stack and nothing else, as far as they go? */
static bool is_all_compiled(uint32_t stack)
{
    const struct stack_row *row = depot_row(stack);
    const struct frame *at = frames.top;
    for (uint32_t i = 1; row && i < row->frame_count && at > frames.base; i++, at--)
        if (row->frames[i] != at->pc)
            return false;
    return row != NULL;
}

static __attribute__((noinline)) void remember(struct thread *self, struct memo *memo,
                                               const struct origin *origin, uint64_t key)
{
    uint32_t generation = stack_generation();
    uint32_t stack = stack_here(self, origin->frame);
    memo->key = stack ? key : 0;
    memo->stack = stack && is_all_compiled(stack) ? stack : 0;
    memo->context = memo->stack ? context_of(self, memo->stack) : 0;
    memo->generation = generation;
}

/* The access's entry, made when there is none; its stack is 0 where walking is the only way. NULL
   on stacks that are not the thread's own. */
static inline struct memo *memo_of(struct thread *self, const struct origin *origin)
{
    uintptr_t sp = (uintptr_t)origin->frame;
    if (unlikely(!on_own_stack(sp)) && (frames.size || !frames_make() || !on_own_stack(sp)))
        return NULL;
    uint64_t key = mix(frames.top->hash, origin->pc, sp);
    if (self->held.count)
        key += held_lockset(self) * 0x9e3779b97f4a7c15ull;
    struct memo *memo = &frames.own->memos[key >> 32 & (OWN_MEMOS - 1)];
    if (unlikely(memo->key != key || memo->generation != stack_generation()))
        remember(self, memo, origin, key);
    return memo;
}

uint32_t frames_stack(struct thread *self, const struct origin *origin)
{
    const struct memo *memo = memo_of(self, origin);
    return likely(memo && memo->stack) ? memo->stack : stack_here(self, origin->frame);
}

context_t frames_context(struct thread *self, const struct origin *origin)
{
    const struct memo *memo = memo_of(self, origin);
    return likely(memo && memo->context) ? memo->context
                                         : context_of(self, stack_here(self, origin->frame));
}
