#include "state/wait.h"

#include <linux/futex.h>
#include <time.h>

#include "base/syscall.h"
#include "state/clock.h"
#include "state/edge.h"
#include "state/readable.h"
#include "state/stack.h"
#include "state/sync.h"

uint32_t world_stopped;
void (*wait_while_holding)(struct thread *self, uint32_t kind);
void (*wait_went_on)(struct thread *self);

void world_resume(void)
{
    __atomic_store_n(&world_stopped, 0, __ATOMIC_SEQ_CST);
    raw_syscall(SYS_futex, &world_stopped, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX, NULL, NULL,
                0);
}

static void world_park(void)
{
    uint32_t stopped;
    while ((stopped = __atomic_load_n(&world_stopped, __ATOMIC_ACQUIRE)))
        raw_syscall(SYS_futex, &world_stopped, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, stopped, NULL, NULL,
                    0);
}

uint64_t deadline_after(uint64_t ns)
{
    uint64_t now = clock_coarse();
    return ns > UINT64_MAX - now ? UINT64_MAX : now + ns + !ns;
}

static uint64_t ns_of(const struct timespec *time)
{
    if (time->tv_sec < 0)
        return 0;
    uint64_t ns;
    if (__builtin_mul_overflow((uint64_t)time->tv_sec, 1000000000u, &ns) ||
        __builtin_add_overflow(ns, (uint64_t)time->tv_nsec, &ns))
        return UINT64_MAX;
    return ns;
}

bool time_is_readable(const struct timespec *time)
{
    return memory_range_is_readable(thread_current, time, sizeof *time);
}

uint64_t deadline_in(const struct timespec *time)
{
    if (!time)
        return WAIT_FOREVER;
    return deadline_after(time_is_readable(time) ? ns_of(time) : 0);
}

uint64_t deadline_at(int clock, const struct timespec *at)
{
    if (!at)
        return WAIT_FOREVER;
    uint64_t end = time_is_readable(at) ? ns_of(at) : 0, now = clock_read(clock);
    return deadline_after(end > now ? end - now : 0);
}

bool wait_may_idle(enum wait_kind kind)
{
    switch (kind) {
    case WAIT_MUTEX:
    case WAIT_RWLOCK_READ:
    case WAIT_RWLOCK_WRITE:
    case WAIT_SPIN:
    case WAIT_JOIN:
    case WAIT_FILE_LOCK:
    case WAIT_ONCE:
        return false;
    default:
        return true;
    }
}

bool wait_publish(struct thread *self, enum wait_kind kind, uint64_t object, uint64_t deadline,
                  const void *frame)
{
    if (self->waiting)
        return false;
    struct thread_row *row = self->row;
    uint32_t stack = stack_once(self, frame);
    row->wait_stack = stack;
    row->wait_object = object;
    row->wait_deadline = deadline;
    row->wait_since = clock_coarse();
    bool idle = stack && wait_may_idle(kind) && stack_has_flag(stack, STACK_WOKEN);
    self->waits++;
    /* The flags are others' too (detach); they change rarely here. */
    if (unlikely(idle != !!(row->flags & THREAD_IDLE_WAIT)))
        __atomic_fetch_xor(&row->flags, THREAD_IDLE_WAIT, __ATOMIC_RELAXED);
    if (unlikely(self->deadlock)) /* it left that wait by an exception, say */
        wait_went_on(self);
    /* Publishes the fields above. Pairs with the reader's acquire. */
    __atomic_store_n(&row->wait_kind, kind, __ATOMIC_RELEASE);
    return true;
}

void wait_end_slow(struct thread *self, uintptr_t waiting, bool woken)
{
    enum wait_kind kind = (enum wait_kind)(waiting & ~(WAITING_INTERRUPTED | WAITING_TOLD));
    if (__atomic_load_n(&world_stopped, __ATOMIC_RELAXED))
        world_park();
    uint32_t stack = self->row->wait_stack;
    if (woken && stack && wait_may_idle(kind) && !(self->row->flags & THREAD_IDLE_WAIT))
        stack_flag(stack, STACK_WOKEN);
    bool told = waiting & WAITING_TOLD;
    if (likely(!told && (!self->held.count || !wait_while_holding)) || !guard_enter())
        return;
    if (unlikely(told))
        wait_went_on(self);
    if (self->held.count && wait_while_holding)
        wait_while_holding(self, kind);
    guard_leave(self);
}

void wait_forget(struct thread *self)
{
    __atomic_store_n(&self->row->wait_kind, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&self->waiting, 0, __ATOMIC_SEQ_CST);
}

/* A handler stands at least this far below the frame that it interrupted: red zone, siginfo,
   ucontext and the smallest floating point state (Linux, arch/x86/include/asm/sigframe.h). */
#define SIGNAL_FRAME_LEAST 1024u

void wait_is_served(struct thread *self)
{
    stack_flag(self->row->wait_stack, STACK_WOKEN);
    __atomic_fetch_or(&self->row->flags, THREAD_IDLE_WAIT, __ATOMIC_RELAXED);
}

void wait_met_inside(struct thread *self, uintptr_t here)
{
    uintptr_t sp = self->saved.sp;
    bool same_stack = here < self->stack_high && here >= self->stack_low && sp < self->stack_high &&
                      sp >= self->stack_low;
    if (same_stack && here + SIGNAL_FRAME_LEAST > sp) {
        /* The C++ runtime waits for a guard by code of its own, which may be watched. */
        if (self->row->wait_kind == WAIT_ONCE && sync_find_kind(self->row->wait_object, SYNC_GUARD))
            return;
        wait_forget(self);
        edge_cancelled(self);
    } else
        __atomic_fetch_or(&self->waiting, WAITING_INTERRUPTED, __ATOMIC_SEQ_CST);
}
