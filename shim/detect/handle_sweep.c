#include "detect/handle_sweep.h"

#include "base/lock.h"
#include "base/memory.h"

/* What a call stack met in vain last. A table with one place per hash: a stack that pushes another
   out costs that one its memory of being a sweep, so a finding may then be told that is taken back
   again. Protected by LOCK_CLOSES. */
#define VAIN_SLOTS 256u

/* How far apart two numbers may be to count as neighbours: a sweep may leave some out, and a loop
   that the compiler unrolled has several call stacks that take turns. */
#define SWEEP_STEP 4

static struct vain {
    uint32_t stack;
    int32_t last;
    bool last_was_never_open;
    bool sweep;
} vain[VAIN_SLOTS];

void handle_sweep_start_up(void)
{
    mem_clear(vain, sizeof vain);
}

static bool closed_by(int fd, uint32_t stack)
{
    const struct handle_row *row = handle_fd_find(fd);
    return row && handle_state_of(row) == HANDLE_CLOSED && row->closed_stack == stack;
}

static struct vain *vain_of(uint32_t stack)
{
    return &vain[stack * 0x9e3779b9u >> 24];
}

bool handle_sweep_is(uint32_t stack)
{
    lock_take(LOCK_CLOSES);
    const struct vain *at = vain_of(stack);
    bool sweep = at->stack == stack && at->sweep;
    lock_give(LOCK_CLOSES);
    return sweep;
}

enum sweep handle_sweep(int fd, bool never, uint32_t stack)
{
    enum sweep sweep = SWEEP_NO;
    lock_take(LOCK_CLOSES);
    struct vain *at = vain_of(stack);
    if (at->stack != stack)
        *at = (struct vain){.stack = stack, .last = -1};
    bool neighbour = at->last >= 0 && at->last != fd && fd - at->last <= SWEEP_STEP &&
                     at->last - fd <= SWEEP_STEP;
    if (at->sweep)
        sweep = SWEEP_GOES_ON;
    else if ((neighbour && (never || at->last_was_never_open)) ||
             (never && (closed_by(fd - 1, stack) || closed_by(fd + 1, stack))))
        sweep = SWEEP_BEGINS;
    at->sweep = sweep != SWEEP_NO;
    at->last = fd;
    at->last_was_never_open = never;
    lock_give(LOCK_CLOSES);
    return sweep;
}
