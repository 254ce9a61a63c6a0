#include "detect/thread_roots.h"

#include "base/recording.h"
#include "detect/fault.h"
#include "detect/stop_world.h"

#define RED_ZONE 128u /* bytes below the stack pointer that code may use (x86-64 ABI) */

struct stacks {
    struct ranges *excluded;
    const struct root_maps *maps;
    const struct thread *self;
};

/* The stack of a running thread below its stack pointer. A stack pointer that is not on the
   thread's own stack (alternate signal stack, coroutine) says nothing: all of it is read then. */
static void exclude_below(struct stacks *stacks, const struct thread *thread, uintptr_t sp)
{
    const struct root_map *map = root_map_around(stacks->maps, sp);
    if (!map)
        return;
    if (map->kind == MAPPING_STACK)
        ranges_add(stacks->excluded, map->start, sp - RED_ZONE);
    else if (thread && sp > thread->stack_low && sp < thread->stack_high)
        ranges_add(stacks->excluded,
                   thread->stack_low > map->start ? thread->stack_low : map->start, sp - RED_ZONE);
}

static uintptr_t stack_pointer_of(const struct stopped_thread *stopped)
{
    if (stopped->state == STOP_STOPPED)
        return (uintptr_t)stopped->context->uc_mcontext.gregs[REG_RSP];
    return stopped->state == STOP_WAITING ? stopped->call.sp : 0;
}

static void exclude_live_stacks(struct stacks *stacks, uintptr_t sp)
{
    uint32_t count;
    const struct stopped_thread *threads = stop_world_threads(&count);
    exclude_below(stacks, stacks->self, sp);
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t its = stack_pointer_of(&threads[i]);
        if (its)
            exclude_below(stacks, threads[i].thread, its);
    }
}

/* True when [low, high) may be (part of) the stack of a thread that still runs. */
static bool is_live_stack(const struct stacks *stacks, uintptr_t low, uintptr_t high)
{
    uint32_t count;
    const struct stopped_thread *threads = stop_world_threads(&count);
    if (stacks->self->stack_low < high && stacks->self->stack_high > low)
        return true;
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t sp = stack_pointer_of(&threads[i]);
        const struct thread *thread = threads[i].thread;
        if (threads[i].state != STOP_GONE &&
            ((sp >= low && sp < high) ||
             (thread && thread->stack_low < high && thread->stack_high > low)))
            return true;
    }
    return false;
}

/* A descriptor of glibc's begins with its own address, and has it again in the third word
   (tcbhead_t in sysdeps/x86_64/nptl/tls.h): memory that was unmapped and mapped anew by somebody
   has not. */
static bool is_descriptor(uintptr_t pthread)
{
    if (fault_point_set())
        return false;
    const uintptr_t *words = (const uintptr_t *)pthread;
    return words[0] == pthread && words[2] == pthread;
}

/* The second word of a descriptor is the table of its modules' thread-local storage, a heap block
   that glibc keeps with the stack for the next thread. */
#define DESCRIPTOR_KEPT 16u

/* Ended threads' stacks. Of one that can still be joined the whole descriptor counts: it holds the
   result. */
static void exclude_dead_stacks(struct stacks *stacks)
{
    uint64_t rows = recording->sections[SECTION_THREADS - 1].used / sizeof(struct thread_row);
    for (uint64_t i = 1; i < rows; i++) {
        const struct thread_row *row = ROW(SECTION_THREADS, struct thread_row, i);
        if (row->state != THREAD_ENDED || !row->stack_low || row->flags & THREAD_MAIN ||
            row->pthread < row->stack_low || row->pthread >= row->stack_high)
            continue;
        const struct root_map *map = root_map_around(stacks->maps, row->pthread);
        if (!map || map->kind != MAPPING_ANONYMOUS || map->start > row->pthread ||
            !is_descriptor(row->pthread) || is_live_stack(stacks, row->stack_low, row->stack_high))
            continue;
        uintptr_t low = row->stack_low > map->start ? row->stack_low : map->start;
        ranges_add(stacks->excluded, low, row->pthread);
        if (row->flags & (THREAD_JOINED | THREAD_DETACHED))
            ranges_add(stacks->excluded, row->pthread + DESCRIPTOR_KEPT, row->stack_high);
    }
}

void thread_stacks_exclude(struct ranges *excluded, const struct root_maps *maps,
                           const struct thread *self, uintptr_t sp)
{
    struct stacks stacks = {excluded, maps, self};
    exclude_live_stacks(&stacks, sp);
    exclude_dead_stacks(&stacks);
}

/* General registers, and those of the floating point state that the kernel saved with them: code
   moves pointers in vector registers too. Its size is in the part of the legacy area that is free
   for software (struct _fpx_sw_bytes, arch/x86/include/uapi/asm/sigcontext.h). */
static void mark_context(struct mark *mark, const ucontext_t *context)
{
    const greg_t *registers = context->uc_mcontext.gregs;
    for (int i = REG_R8; i <= REG_RIP; i++)
        mark_word(mark, (uintptr_t)registers[i]);
    mark_word(mark, (uintptr_t)context->uc_stack.ss_sp);
    const char *state = (const char *)context->uc_mcontext.fpregs;
    if (!state)
        return;
    const uint32_t *software = (const uint32_t *)(state + 464);
    uint32_t size = software[0] == 0x46505853 && software[1] < (64u << 10) ? software[1] : 512;
    mark_range(mark, (uintptr_t)state, (uintptr_t)state + size);
}

static void mark_waiting(struct mark *mark, const struct stopped_thread *stopped)
{
    const struct saved_registers *saved = &stopped->thread->saved;
    mark_word(mark, saved->bp);
    mark_word(mark, saved->rbx);
    mark_word(mark, saved->r12);
    mark_word(mark, saved->r13);
    mark_word(mark, saved->r14);
    mark_word(mark, saved->r15);
    mark_word(mark, stopped->call.sp);
    for (int i = 0; i < 6; i++)
        mark_word(mark, stopped->call.arguments[i]);
}

void thread_registers_mark(struct mark *mark)
{
    uint32_t count;
    const struct stopped_thread *threads = stop_world_threads(&count);
    for (uint32_t i = 0; i < count; i++) {
        if (threads[i].state == STOP_STOPPED) {
            mark_context(mark, threads[i].context);
            mark_word(mark, threads[i].borrowed[0]);
            mark_word(mark, threads[i].borrowed[1]);
        } else if (threads[i].state == STOP_WAITING)
            mark_waiting(mark, &threads[i]);
    }
    /* What a thread that has not begun yet was created for is known to its struct alone. */
    for (const struct thread *t = thread_list; t; t = t->next)
        if (t->row && t->row->state == THREAD_STARTING)
            mark_range(mark, (uintptr_t)t, (uintptr_t)(t + 1));
}
