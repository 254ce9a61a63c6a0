#include "moved.h"

#include <stdlib.h>

#include "rewrite/own.h"
#include "state/slots.h"

/* What moved code is: a call far below the stack. */
__asm__(".text\n"
        ".globl moved_code_start\nmoved_code_start:\n"
        ".globl moved_call\nmoved_call:\n"
        "lea -128(%rsp), %rsp\n"
        "call *%rdi\n"
        "lea 128(%rsp), %rsp\n"
        "ret\n"
        ".globl moved_call_registers\nmoved_call_registers:\n"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "push %rsi; push %rdi\n"
        "pushq 15*8(%rsi); popfq\n"
        "mov 0(%rsi), %rax; mov 8(%rsi), %rcx; mov 16(%rsi), %rdx; mov 24(%rsi), %rbx\n"
        "mov 32(%rsi), %rbp; mov 48(%rsi), %rdi; mov 56(%rsi), %r8; mov 64(%rsi), %r9\n"
        "mov 72(%rsi), %r10; mov 80(%rsi), %r11; mov 88(%rsi), %r12; mov 96(%rsi), %r13\n"
        "mov 104(%rsi), %r14; mov 112(%rsi), %r15; mov 40(%rsi), %rsi\n"
        "lea -136(%rsp), %rsp\n"
        "call *136(%rsp)\n"
        "lea 136(%rsp), %rsp\n"
        "pushfq; cld; push %rsi; mov 24(%rsp), %rsi\n"
        "mov %rax, 0(%rsi); mov %rcx, 8(%rsi); mov %rdx, 16(%rsi); mov %rbx, 24(%rsi)\n"
        "mov %rbp, 32(%rsi); mov %rdi, 48(%rsi); mov %r8, 56(%rsi); mov %r9, 64(%rsi)\n"
        "mov %r10, 72(%rsi); mov %r11, 80(%rsi); mov %r12, 88(%rsi); mov %r13, 96(%rsi)\n"
        "mov %r14, 104(%rsi); mov %r15, 112(%rsi)\n"
        "popq 40(%rsi); popq 120(%rsi)\n"
        "pop %rdi; pop %rsi\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "ret\n"
        ".globl moved_code_end\nmoved_code_end:\n");

bool moved_knows = true;
uint32_t stack_generations; /* the tables of origins stay empty */
void (*thread_begun)(struct thread *self);

#define SITES 4096u
static struct rewrite_site sites[SITES];
static struct rewrite_slots slots_of[WORLD_THREADS];
static unsigned running;
static uint32_t stack_now;
static bool begun;

context_t origin_find(struct thread *self, struct origins *origins, uintptr_t call,
                      const greg_t *registers)
{
    (void)origins, (void)call, (void)registers;
    return context_of(self, stack_now);
}

context_t origin_known(struct thread *self, struct origins *origins, uintptr_t call, uintptr_t sp,
                       uintptr_t bp)
{
    (void)sp, (void)bp;
    return moved_knows ? origin_find(self, origins, call, NULL) : 0;
}

/* The engine's test has no signals. */
struct thread *guard_enter_slow(uintptr_t frame)
{
    (void)frame;
    return NULL;
}

void guard_deferred(struct thread *self)
{
    (void)self;
}

bool moved_begin(enum rewrite_form form)
{
    if (!check_start_up(form))
        return false;
    moved_add(&(struct moved_module){.code_start = (uintptr_t)moved_code_start,
                                     .code_end = (uintptr_t)moved_code_end,
                                     .sites = sites,
                                     .site_count = SITES});
    observing.on = 1;
    begun = true;
    moved_created(1);
    return true;
}

void moved_switch(unsigned self)
{
    if (!begun || self == running)
        return;
    if (running)
        slots_of[running] = rewrite_slots;
    running = self;
    thread_current = &world_thread[self];
    rewrite_slots = slots_of[self];
}

void moved_created(unsigned self)
{
    if (!begun)
        return;
    unsigned before = running;
    moved_switch(self);
    check_thread_begin(&world_thread[self]);
    if (before)
        moved_switch(before);
}

uint32_t moved_site(size_t size, unsigned flags)
{
    uint32_t row = 1;
    while (row < SITES && sites[row].size && (sites[row].size != size || sites[row].flags != flags))
        row++;
    if (row == SITES)
        abort();
    sites[row].size = (uint16_t)size;
    sites[row].flags = (uint16_t)flags;
    return rewrite_site_word(row, &sites[row]);
}

static uint64_t cells_at(uintptr_t address)
{
    typedef uint64_t __attribute__((aligned(1), may_alias)) any_word;
    const struct own *own = world_thread[running].rewrite;
    return *(const any_word *)((address ^ own->filter.flip) + (uintptr_t)own->filter.distance);
}

static bool is_tag(uint64_t cells, bool wide)
{
    return !((cells ^ rewrite_slots.write) & (wide ? ~0ull : 0xffffffffull));
}

/* tools/rewrite/check.c: compare_part, compare_cells. */
static bool hits(uintptr_t address, size_t size, bool write)
{
    if (size < 4) {
        for (size_t i = 0; i < size; i++)
            if (!(cells_at(address + i) & (write ? 2 : 1)))
                return false;
        return (size == 1 || (address + 1) % 4) &&
               is_tag(cells_at(address & ~(uintptr_t)3) | 0x03030303, false);
    }
    for (size_t i = 0; i < size; i += 8)
        if (!is_tag(cells_at(address + i), size >= 8) &&
            (write ||
             (cells_at(address + i) ^ rewrite_slots.read) & (size >= 8 ? ~0ull : 0xffffffffull)))
            return false;
    return true;
}

bool moved_access(unsigned self, uintptr_t address, size_t size, unsigned flags, uint32_t stack)
{
    moved_switch(self);
    bool has_cells = size <= 64 && !(size & (size - 1));
    if (has_cells && hits(address, size, flags & SITE_WRITE))
        return true;
    stack_now = stack;
    rewrite_slots.address = address;
    rewrite_slots.site = moved_site(size, flags);
    moved_call(check_thunks[has_cells ? THUNK_CHECK : THUNK_RANGE]);
    if (has_cells && flags & SITE_MOVE && !(flags & SITE_WRITE) && rewrite_slots.after)
        moved_call(check_thunks[THUNK_AFTER]);
    return false;
}

void moved_before(unsigned self, uintptr_t address, size_t size, uint32_t stack)
{
    moved_switch(self);
    stack_now = stack;
    rewrite_slots.address = address;
    rewrite_slots.site = moved_site(size, SITE_WRITE | SITE_LOADS | SITE_LOCKED);
    moved_call(check_thunks[THUNK_BEFORE]);
}

void moved_after(unsigned self)
{
    moved_switch(self);
    if (rewrite_slots.after)
        moved_call(check_thunks[THUNK_AFTER]);
}

void moved_string(unsigned self, size_t size, unsigned flags, const uint64_t registers[3],
                  uint32_t stack)
{
    uint64_t all[16] = {[1] = registers[0], [5] = registers[1], [6] = registers[2], [15] = 0x202};
    moved_switch(self);
    stack_now = stack;
    rewrite_slots.site = moved_site(size, flags | SITE_STRING);
    moved_call_registers(check_thunks[THUNK_STRING], all);
}
