/*
 * The rest of what programs may call of ThreadSanitizer's runtime. Reports are holdfast's business
 * and written when the program has ended: whoever asks for one while it runs is told that there is
 * none.
 */
#include "base/memory.h"
#include "base/syscall.h"
#include "compiled/access.h"
#include "compiled/entries.h"
#include "compiled/own.h"

/* Called by a constructor of each module that is compiled so. */
void __tsan_init(void)
{
    race_compiled();
}

void __tsan_flush_memory(void)
{
}

/* Fibers run on threads, and are ordered as those are; a switch that is not told to make no order
   (flag 1) also orders what the fiber did last before what it does next, on whatever thread. */
struct fiber {
    struct sync_clock clock;
    struct fiber *next; /* free */
};
static __thread struct fiber *current_fiber;

static struct fiber *fiber_make(void)
{
    return arena_alloc(sizeof(struct fiber));
}

void *__tsan_get_current_fiber(void)
{
    if (!current_fiber)
        current_fiber = fiber_make();
    return current_fiber;
}

void *__tsan_create_fiber(unsigned flags)
{
    return fiber_make();
}

void __tsan_destroy_fiber(void *fiber)
{
}

void __tsan_switch_to_fiber(void *to, unsigned flags)
{
    struct fiber *from = __tsan_get_current_fiber(), *fiber = to;
    struct thread *self = from && fiber && race_watched() ? guard_enter() : NULL;
    current_fiber = fiber;
    if (!self)
        return;
    vclock_release(&self->clock, &from->clock);
    vclock_acquire(&self->clock, &fiber->clock);
    guard_leave(self);
}

void __tsan_set_fiber_name(void *fiber, const char *name)
{
}

void *__tsan_external_register_tag(const char *type)
{
    static char tag;
    return &tag;
}

void __tsan_external_register_header(void *tag, const char *header)
{
}

void __tsan_external_assign_tag(void *address, void *tag)
{
}

/* A tag stands for an object of which one byte is enough. */
void __tsan_external_read(void *address, void *caller, void *tag)
{
    access_plain((uintptr_t)address, 1, ACCESS_READ);
}

void __tsan_external_write(void *address, void *caller, void *tag)
{
    access_plain((uintptr_t)address, 1, ACCESS_WRITE);
}

void *__tsan_get_current_report(void)
{
    return NULL;
}

int __tsan_get_report_data(void *report, const char **description, int *count, int *stacks,
                           int *accesses, int *locations, int *mutexes, int *threads,
                           int *unique_threads, void **sleep, unsigned long sleep_size)
{
    return 0;
}

int __tsan_get_report_tag(void *report, unsigned long *tag)
{
    return 0;
}

int __tsan_get_report_stack(void *report, unsigned long i, void **trace, unsigned long size)
{
    return 0;
}

int __tsan_get_report_mop(void *report, unsigned long i, int *thread, void **address, int *size,
                          int *write, int *atomic, void **trace, unsigned long trace_size)
{
    return 0;
}

int __tsan_get_report_loc(void *report, unsigned long i, const char **type, void **address,
                          unsigned long *start, unsigned long *size, int *thread, int *fd,
                          int *suppressable, void **trace, unsigned long trace_size)
{
    return 0;
}

int __tsan_get_report_loc_object_type(void *report, unsigned long i, const char **type)
{
    return 0;
}

int __tsan_get_report_mutex(void *report, unsigned long i, unsigned long *id, void **address,
                            int *destroyed, void **trace, unsigned long trace_size)
{
    return 0;
}

int __tsan_get_report_thread(void *report, unsigned long i, int *thread, unsigned long *os_id,
                             int *running, const char **name, int *parent, void **trace,
                             unsigned long trace_size)
{
    return 0;
}

int __tsan_get_report_unique_tid(void *report, unsigned long i, int *thread)
{
    return 0;
}

/* "" is what the runtime says of memory that it does not know. */
const char *__tsan_locate_address(void *address, char *name, unsigned long name_size,
                                  void **ret_start, unsigned long *ret_size)
{
    if (name && name_size)
        *name = '\0';
    *ret_start = NULL;
    *ret_size = 0;
    return "";
}

int __tsan_get_alloc_stack(void *address, void **trace, unsigned long size, int *thread,
                           unsigned long *os_id)
{
    return 0;
}

unsigned long __tsan_testonly_shadow_stack_current_size(void)
{
    return frames_count();
}

/* The runtime's own tests order threads by these, unseen: two halves of a word, how many threads
   and how many have arrived. */
void __tsan_testonly_barrier_init(unsigned long *barrier, unsigned count)
{
    __atomic_store_n(barrier, (unsigned long)count << 32, __ATOMIC_SEQ_CST);
}

void __tsan_testonly_barrier_wait(unsigned long *barrier)
{
    unsigned long now = __atomic_add_fetch(barrier, 1, __ATOMIC_SEQ_CST);
    uint32_t threads = (uint32_t)(now >> 32), epoch = ((uint32_t)now - 1) / threads;
    while (((uint32_t)__atomic_load_n(barrier, __ATOMIC_SEQ_CST)) / threads == epoch)
        raw_syscall(SYS_sched_yield);
}
