#include "detect/block_leak.h"

#include <stdlib.h>

#include "base/recording.h"
#include "base/say.h"
#include "detect/fault.h"
#include "detect/handle_scan.h"
#include "detect/leaked.h"
#include "detect/roots.h"
#include "detect/stop_world.h"
#include "report/finding.h"
#include "state/clock.h"

/* Direct leaks of one stack. Open addressing by stack id. */
struct group {
    uint32_t stack; /* with blocks == 0: free */
    uint32_t thread;
    uint64_t blocks, bytes;
    uint64_t held_blocks, held_bytes;
    uint32_t freed_stack; /* where another block of the same stack was freed, 0 none known */
};

struct scan {
    struct block_index index;
    struct mark mark;
    struct roots roots;
    struct leaked leaked;
    struct group *groups;
    uint32_t group_mask;
    uint64_t blocks[4], bytes[4]; /* by enum block_scan */
    bool incomplete;
};

/* All that the scan works with; too large for a stack. */
static struct scan scan;

static bool find_blocks(struct scan *s, struct thread *self, uintptr_t sp)
{
    uint64_t rows = recording->sections[SECTION_BLOCKS - 1].used / sizeof(struct block_row);
    return block_index_begin(&s->index, (uint32_t)rows, block_window_shift != 5) &&
           roots_find(&s->roots, self, sp) && roots_index_blocks(&s->roots, &s->index) &&
           mark_begin(&s->mark, &s->index);
}

/* A block inside realloc may be known to nobody but the allocator at this moment. */
static void mark_moving(struct scan *s)
{
    for (uint32_t i = 0; i < s->index.count; i++)
        if (block_state_of(entry_row(&s->index.entries[i])) == BLOCK_MOVING)
            mark_entry(&s->mark, i);
}

/* Registers: the caller's callee-saved ones. */
static bool judge(struct scan *s, struct thread *self, const struct saved_registers *registers)
{
    if (!find_blocks(s, self, registers->sp))
        return false;
    const uintptr_t words[] = {registers->bp,  registers->rbx, registers->r12, registers->r13,
                               registers->r14, registers->r15, registers->sp};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        mark_word(&s->mark, words[i]);
    mark_moving(s);
    handle_scan_begin(&s->mark);
    roots_mark(&s->roots, &s->mark);
    mark_drain(&s->mark);
    handle_scan_judge(&s->mark, self, registers->sp);
    bool decided = leaked_decide(&s->leaked, &s->mark);
    s->incomplete = s->mark.incomplete || s->roots.incomplete || s->leaked.incomplete;
    return decided;
}

static bool any_lost(void)
{
    uint32_t count;
    const struct stopped_thread *threads = stop_world_threads(&count);
    for (uint32_t i = 0; i < count; i++)
        if (threads[i].state == STOP_LOST)
            return true;
    return false;
}

static struct group *group_of(struct scan *s, uint32_t stack)
{
    uint32_t slot = stack * 2654435761u & s->group_mask;
    while (s->groups[slot].blocks && s->groups[slot].stack != stack)
        slot = (slot + 1) & s->group_mask;
    return &s->groups[slot];
}

static void count_direct(struct scan *s, uint32_t entry)
{
    const struct block_row *row = entry_row(&s->index.entries[entry]);
    struct group *group = group_of(s, row->stack);
    if (!group->blocks) {
        group->stack = row->stack;
        group->thread = row->thread;
    }
    group->blocks++;
    group->bytes += block_size(row);
}

static void count_indirect(struct scan *s, uint32_t entry)
{
    const struct block_row *holder = entry_row(&s->index.entries[s->leaked.holder[entry]]);
    struct group *group = group_of(s, holder->stack);
    group->held_blocks++;
    group->held_bytes += entry_size(&s->index.entries[entry]);
}

/* Puts the verdicts into the rows and sums up. */
static void note_verdicts(struct scan *s)
{
    for (uint32_t i = 0; i < s->index.count; i++) {
        uint8_t verdict = s->leaked.verdict[i] & 3;
        struct block_row *row = entry_row(&s->index.entries[i]);
        uint64_t head = row->head & ~(0xfull << BLOCK_SCAN_SHIFT);
        __atomic_store_n(&row->head, head | (uint64_t)verdict << BLOCK_SCAN_SHIFT,
                         __ATOMIC_RELEASE);
        s->blocks[verdict]++;
        s->bytes[verdict] += entry_size(&s->index.entries[i]);
    }
}

static bool make_groups(struct scan *s)
{
    uint64_t slots = 64;
    while (slots < s->blocks[SCAN_DIRECT] * 2)
        slots *= 2;
    s->groups = pages_map(slots * sizeof *s->groups);
    s->group_mask = (uint32_t)slots - 1;
    if (!s->groups)
        return false;
    for (uint32_t i = 0; i < s->leaked.count; i++)
        if (s->leaked.verdict[s->leaked.order[i]] == SCAN_DIRECT)
            count_direct(s, s->leaked.order[i]);
    for (uint32_t i = 0; i < s->leaked.count; i++)
        if (s->leaked.verdict[s->leaked.order[i]] == SCAN_INDIRECT)
            count_indirect(s, s->leaked.order[i]);
    return true;
}

/* Where others from the same places were freed, as far as their rows are still there: a place that
   frees what it makes on most of its ways, and not on one. */
static void find_freed(struct scan *s)
{
    const struct block_row *rows = ROW(SECTION_BLOCKS, struct block_row, 0);
    uint64_t count = recording->sections[SECTION_BLOCKS - 1].used / sizeof *rows;
    for (uint64_t i = 0; i < count; i++) {
        if (!rows[i].freed_stack || block_state_of(&rows[i]) != BLOCK_FREED)
            continue;
        struct group *group = group_of(s, rows[i].stack);
        if (group->blocks && !group->freed_stack)
            group->freed_stack = rows[i].freed_stack;
    }
}

static uint32_t clamp(uint64_t count)
{
    return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

static void tell(const struct thread *self, const struct group *group)
{
    struct finding finding;
    finding_begin(&finding, KIND_MEMORY_LEAK, self);
    finding.thread = group->thread;
    finding.count = clamp(group->blocks);
    finding.amount = group->bytes;
    finding.count2 = clamp(group->held_blocks);
    finding.amount2 = group->held_bytes;
    finding_stack(&finding, ROLE_ALLOCATED, group->stack, group->thread);
    struct evidence_row *leak = finding_evidence(&finding, EVIDENCE_LEAK, ROLE_ALLOCATED);
    leak->thread = group->thread;
    leak->a = group->blocks;
    leak->b = group->bytes;
    leak->c = SCAN_DIRECT;
    if (group->freed_stack) {
        finding_stack(&finding, ROLE_RELEASED, group->freed_stack, 0);
        finding.detail =
            string_keep("Others that were allocated there were freed, by the call shown: an early "
                        "return, an exception, a longjmp or a cancellation may have skipped it.");
    }
    finding_tell(&finding);
}

static void tell_all(struct scan *s, const struct thread *self)
{
    note_verdicts(s);
    bool grouped = make_groups(s);
    if (grouped && s->blocks[SCAN_DIRECT])
        find_freed(s);
    if (grouped)
        for (uint64_t i = 0; i <= s->group_mask; i++)
            if (s->groups[i].blocks)
                tell(self, &s->groups[i]);
    recording->reachable_blocks = s->blocks[SCAN_REACHABLE];
    recording->reachable_bytes = s->bytes[SCAN_REACHABLE];
    recording->direct_blocks = s->blocks[SCAN_DIRECT];
    recording->direct_bytes = s->bytes[SCAN_DIRECT];
    recording->indirect_blocks = s->blocks[SCAN_INDIRECT];
    recording->indirect_bytes = s->bytes[SCAN_INDIRECT];
}

static void scan_with(struct thread *self, const struct saved_registers *registers)
{
    uint64_t begin = clock_now();
    if (!stop_world(self)) {
        say_unobserved(UNOBSERVED_SCAN_SKIPPED, NULL);
        return;
    }
    fault_arm();
    bool judged = judge(&scan, self, registers);
    bool incomplete = scan.incomplete || any_lost();
    fault_disarm();
    stop_world_end();
    if (!judged) {
        say_unobserved(UNOBSERVED_SCAN_SKIPPED, "no memory or no /proc: leaks are not looked for");
        return;
    }
    if (incomplete)
        say_unobserved(UNOBSERVED_SCAN_INCOMPLETE, NULL);
    tell_all(&scan, self);
    recording->scan_time = clock_now() - begin;
    /* Publishes the sums. Pairs with the reader's look at scanned. */
    __atomic_store_n(&recording->scanned, 1, __ATOMIC_RELEASE);
}

/*
 * Where the program's own part of the stack begins, when we are called by exit: its frames and ours
 * lie where those of main and its callees lay, full of old pointers in slots that were never
 * written since, so they are not read. What counts of them is what __run_exit_handlers saved at its
 * entry: six registers, right below the return address into exit.
 */
#define EXIT_SIZE   64u   /* bytes: exit is one call (stdlib/exit.c of glibc) */
#define EXIT_FRAMES 4096u /* bytes of stack within which exit's frame must be */
static uintptr_t program_stack(const struct thread *self, uintptr_t sp)
{
    uintptr_t entry = (uintptr_t)exit;
    if (sp < self->stack_low || sp >= self->stack_high)
        return sp;
    for (uintptr_t at = sp & ~7ul; at < sp + EXIT_FRAMES && at + 8 <= self->stack_high; at += 8)
        if (*(const uintptr_t *)at - entry - 1 < EXIT_SIZE)
            return at - 6 * sizeof(uintptr_t);
    return sp;
}

__attribute__((noinline)) void block_leak_scan(struct thread *self)
{
    struct saved_registers registers;
    __asm__ volatile("mov %%rbx, %0\n mov %%r12, %1\n mov %%r13, %2\n mov %%r14, %3\n mov %%r15, %4"
                     : "=m"(registers.rbx), "=m"(registers.r12), "=m"(registers.r13),
                       "=m"(registers.r14), "=m"(registers.r15));
    registers.bp = *(const uintptr_t *)__builtin_frame_address(0);
    registers.pc = 0;
    /* What this function has used of them already, it saved in its own frame, above this. */
    registers.sp = program_stack(self, (uintptr_t)&registers);
    scan_with(self, &registers);
}
