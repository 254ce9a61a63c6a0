/* The depot keeps each stack once; memos hold only while every word is the same; modules have
   lifetimes; walks never read where nothing is. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/recording.h"
#include "state/depot.h"
#include "state/module.h"
#include "state/stack.h"

extern void *__libc_stack_end;

#define KEEP __attribute__((noinline, noclone))

static char path[64];
static struct thread self;

static void begin(void)
{
    snprintf(path, sizeof path, "/tmp/holdfast-test-stack-%d", (int)getpid());
    unlink(path);
    cr_assert_eq(recording_create(path, 1ull << 26), 0);
    cr_assert(stack_start_up());
    module_start_up(NULL);
    self.depth = STACK_FRAMES_MAX;
    self.stack_high = ((uintptr_t)__libc_stack_end + 4095) & ~4095ul;
    self.stack_low = self.stack_high - (8u << 20);
}

static void end(void)
{
    unlink(path);
}

TestSuite(depot, .init = begin, .fini = end);
TestSuite(stack, .init = begin, .fini = end);
TestSuite(module, .init = begin, .fini = end);

static struct stack_frames frames_of(uint32_t count, uint64_t first)
{
    struct stack_frames frames = {.count = count, .epoch = module_epoch};
    for (uint32_t i = 0; i < count; i++)
        frames.frames[i] = first + i;
    return frames;
}

Test(depot, equal_stacks_have_one_id)
{
    struct stack_frames a = frames_of(20, 0x1000), b = frames_of(20, 0x1000);
    uint32_t id = depot_add(&a);
    cr_assert_neq(id, 0);
    cr_expect_eq(depot_add(&b), id);
    const struct stack_row *row = depot_row(id);
    cr_expect_eq(row->frame_count, 20);
    cr_expect_eq(memcmp(row->frames, a.frames, 20 * 8), 0);
}

Test(depot, stacks_differ_by_each_frame_count_exactness_and_end)
{
    struct stack_frames a = frames_of(20, 0x1000);
    uint32_t ids[64], count = 0;
    ids[count++] = depot_add(&a);
    for (uint32_t i = 0; i < 20; i++) {
        struct stack_frames b = a;
        b.frames[i] ^= 1;
        ids[count++] = depot_add(&b);
    }
    struct stack_frames shorter = a, exact = a, broken = a;
    shorter.count = 19;
    exact.exact = 1;
    broken.flags = STACK_BROKEN;
    ids[count++] = depot_add(&shorter);
    ids[count++] = depot_add(&exact);
    ids[count++] = depot_add(&broken);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < i; k++)
            cr_expect_neq(ids[i], ids[k]);
    cr_expect_eq(depot_add(&a), ids[0]);
}

Test(depot, stacks_of_both_tables_are_kept_once)
{
    enum { COUNT = 2000 };
    static uint32_t ids[COUNT];
    uint64_t kept = depot_second_from;
    for (uint32_t i = 0; i < COUNT; i++) {
        struct stack_frames a = frames_of(20, 0x1000 + i * 0x1000);
        if (i == COUNT / 2)
            depot_second_from = recording->sections[SECTION_STACKS - 1].used - 1;
        ids[i] = depot_add(&a);
        cr_assert_neq(ids[i], 0u);
        cr_assert(!i || ids[i] > ids[i - 1]);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        struct stack_frames a = frames_of(20, 0x1000 + i * 0x1000);
        cr_assert_eq(depot_add(&a), ids[i]);
    }
    depot_second_from = kept;
}

Test(depot, marks_are_not_part_of_a_stack)
{
    struct stack_frames a = frames_of(3, 0x1000);
    uint32_t id = depot_add(&a);
    cr_expect_not(stack_has_flag(id, STACK_WOKEN));
    stack_flag(id, STACK_WOKEN);
    cr_expect(stack_has_flag(id, STACK_WOKEN));
    cr_expect_eq(depot_add(&a), id);
    stack_flag(0, STACK_WOKEN);
    cr_expect_not(stack_has_flag(0, STACK_WOKEN));
}

Test(depot, a_full_section_gives_zero_but_known_stacks_stay)
{
    struct stack_frames a = frames_of(64, 0x1000);
    uint32_t first = depot_add(&a), id = first;
    for (uint64_t i = 1; id != 0; i++) {
        cr_assert_lt(i, 1u << 20, "never full");
        a = frames_of(64, 0x1000 + i * 100);
        id = depot_add(&a);
    }
    a = frames_of(64, 0x1000);
    cr_expect_eq(depot_add(&a), first);
    cr_expect(recording->unobserved & UNOBSERVED_STACKS_FULL);
}

#define STACKS 5000u
static uint32_t added[2][STACKS];

static void *add_all(void *into)
{
    uint32_t *ids = into;
    for (uint32_t i = 0; i < STACKS; i++) {
        struct stack_frames frames = frames_of(1 + i % 30, 0x1000 + i * 64);
        ids[i] = depot_add(&frames);
    }
    return NULL;
}

Test(depot, threads_that_add_the_same_get_the_same)
{
    pthread_t other;
    pthread_create(&other, NULL, add_all, added[0]);
    add_all(added[1]);
    pthread_join(other, NULL);
    for (uint32_t i = 0; i < STACKS; i++)
        cr_assert(added[0][i] && added[0][i] == added[1][i]);
}

static KEEP uint32_t capture(void)
{
    return stack_here(&self, __builtin_frame_address(0));
}

static KEEP uint32_t capture_twice(bool *ret_same)
{
    uint32_t ids[2];
    for (volatile int i = 0; i < 2; i++)
        ids[i] = capture();
    *ret_same = ids[0] == ids[1];
    return ids[0];
}

Test(stack, a_stack_again_is_the_same)
{
    bool same;
    uint32_t id = capture_twice(&same);
    cr_expect(same);
    cr_assert_neq(id, 0);
    const struct stack_row *row = depot_row(id);
    cr_expect_gt(row->frame_count, 3);
    uintptr_t start = (uintptr_t)capture_twice;
    cr_expect(row->frames[0] > start && row->frames[0] < start + 200);
    cr_expect_not(row->flags & (STACK_BROKEN | STACK_TRUNCATED));
}

/* Three captures at one pc and sp; for the second, another word stands in a slot of the caller's
   frame: 1, its return address, or 0, the saved rbp that leads on to the frame above. */
static KEEP void capture_changing(unsigned slot, uintptr_t word, uint32_t ids[3])
{
    uintptr_t *volatile frame = __builtin_frame_address(0);
    uintptr_t before = frame[slot];
    for (volatile int i = 0; i < 3; i++) {
        frame[slot] = i == 1 ? word : before;
        ids[i] = capture();
    }
}

static KEEP void change_return(uint32_t ids[3])
{
    uintptr_t *frame = __builtin_frame_address(0);
    capture_changing(1, frame[1] + 1, ids); /* as if the caller of this one called it */
    __asm__ volatile("" ::: "memory");
}

Test(stack, a_memo_misses_when_one_return_address_changed)
{
    uint32_t ids[3] = {0};
    change_return(ids);
    cr_assert_neq(ids[0], 0);
    cr_expect_neq(ids[1], ids[0]);
    cr_expect_eq(ids[2], ids[0]);
    const struct stack_row *first = depot_row(ids[0]), *second = depot_row(ids[1]);
    cr_expect_eq(second->frames[0], first->frames[0]);
    cr_expect_neq(second->frames[1], first->frames[1]);
}

static KEEP void change_bp(uint32_t ids[3])
{
    uintptr_t *frame = __builtin_frame_address(0);
    capture_changing(0, frame[0], ids); /* leads past this frame */
    __asm__ volatile("" ::: "memory");
}

Test(stack, a_memo_misses_when_a_saved_frame_pointer_changed)
{
    uint32_t ids[3] = {0};
    change_bp(ids);
    __asm__ volatile("" ::: "memory");
    cr_assert_neq(ids[0], 0);
    cr_expect_neq(ids[1], ids[0]);
    cr_expect_eq(ids[2], ids[0]);
    const struct stack_row *first = depot_row(ids[0]), *second = depot_row(ids[1]);
    cr_assert_eq(first->frame_count, second->frame_count + 1);
    cr_expect_eq(second->frames[1], first->frames[1]);
    cr_expect_eq(second->frames[2], first->frames[3]);
}

/* Many ways to one call, all at the same pc and sp: each bit of path is a caller of its own. */
static KEEP void branch(uint32_t path, unsigned left, uint32_t ret_ids[2])
{
    if (!left) {
        struct stack_frames frames;
        struct stack_start start = stack_start_of(&self, __builtin_frame_address(0));
        ret_ids[0] = stack_here(&self, __builtin_frame_address(0));
        stack_walk(&start, self.depth, &frames);
        ret_ids[1] = depot_add(&frames);
    } else if (path & 1) {
        branch(path >> 1, left - 1, ret_ids);
        __asm__ volatile("" ::: "memory");
    } else {
        branch(path >> 1, left - 1, ret_ids);
        __asm__ volatile("nop" ::: "memory");
    }
}

/* More than a memo has room for, so that ways and room are given up and used again. */
Test(stack, a_memo_says_what_a_walk_says)
{
    static bool seen[1u << 20];
    uint64_t random = 1;
    uint32_t distinct = 0, ids[2];
    for (unsigned i = 0; i < 20000; i++) {
        random = random * 6364136223846793005ull + 1442695040888963407ull;
        uint32_t path = (uint32_t)(random >> 40);
        /* A few again and again, others now and then, at different depths. */
        branch(i % 2 ? path % 8 : path, 4 + path % 20, ids);
        cr_assert_neq(ids[0], 0);
        cr_assert_eq(ids[0], ids[1], "stack %u: %u, but the walk says %u", i, ids[0], ids[1]);
        distinct += !seen[ids[0] % (1u << 20)];
        seen[ids[0] % (1u << 20)] = true;
    }
    cr_expect_gt(distinct, 5000);
}

static KEEP void deep(unsigned left, uint32_t *ret_id)
{
    if (left)
        deep(left - 1, ret_id);
    else
        *ret_id = capture();
    __asm__ volatile("" ::: "memory");
}

Test(stack, depth_cuts_and_says_so)
{
    uint32_t id;
    self.depth = 8;
    deep(20, &id);
    cr_expect_eq(depot_row(id)->frame_count, 8);
    cr_expect(stack_has_flag(id, STACK_TRUNCATED));
}

/* A frame that is found through rbx, as the loader's lazy binding has it; and one whose CFA is two
   pointers away, which no row can say: call_through_*(function) call function and return its
   result. */
uint32_t call_through_rbx(uint32_t (*function)(void));
uint32_t call_through_pointers(uint32_t (*function)(void));
__asm__(".text\n"
        ".type call_through_rbx, @function\n"
        "call_through_rbx:\n"
        ".cfi_startproc\n"
        "push %rbx\n"
        ".cfi_def_cfa_offset 16\n"
        ".cfi_offset rbx, -16\n"
        "mov %rsp, %rbx\n"
        ".cfi_def_cfa_register rbx\n"
        "sub $200, %rsp\n"
        "and $-64, %rsp\n"
        "call *%rdi\n"
        "mov %rbx, %rsp\n"
        ".cfi_def_cfa_register rsp\n"
        "pop %rbx\n"
        ".cfi_def_cfa_offset 8\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size call_through_rbx, .-call_through_rbx\n"
        ".type call_through_pointers, @function\n"
        "call_through_pointers:\n"
        ".cfi_startproc\n"
        "sub $24, %rsp\n"
        ".cfi_def_cfa_offset 32\n"
        "lea 32(%rsp), %rax\n"
        "mov %rax, 8(%rsp)\n"
        "lea 8(%rsp), %rax\n"
        "mov %rax, (%rsp)\n"
        ".cfi_escape 0x0f, 4, 0x77, 0, 0x06, 0x06\n" /* rsp + 0, deref, deref */
        "call *%rdi\n"
        "add $24, %rsp\n"
        ".cfi_def_cfa rsp, 8\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size call_through_pointers, .-call_through_pointers\n");

static KEEP void expect_whole(uint32_t stack, uintptr_t function)
{
    const struct stack_row *row = depot_row(stack);
    cr_assert_not_null(row);
    cr_expect_not(row->flags & STACK_BROKEN);
    cr_assert_gt(row->frame_count, 3);
    cr_expect(row->frames[0] > function && row->frames[0] < function + 64);
    struct stack_start here = stack_start_of(&self, __builtin_frame_address(0));
    struct stack_frames frames;
    stack_walk(&here, STACK_FRAMES_MAX, &frames);
    /* The test's own frame, at another call, and its callers. */
    cr_expect_eq(row->frame_count, frames.count + 1);
    for (uint32_t i = 1; i < frames.count && i + 1 < row->frame_count; i++)
        cr_expect_eq(row->frames[i + 1], frames.frames[i], "frame %u", i);
}

Test(stack, a_frame_in_another_register_is_walked_through)
{
    for (volatile int i = 0; i < 2; i++)
        expect_whole(call_through_rbx(capture), (uintptr_t)call_through_rbx);
}

Test(stack, what_no_row_says_is_left_to_libunwind)
{
    uint32_t stack = call_through_pointers(capture);
    cr_expect(stack_has_flag(stack, STACK_BROKEN), "not loaded: nobody asked before");
    cr_expect_null(dlopen("libunwind.so.8", RTLD_NOW | RTLD_NOLOAD));
    stack_safe_point();
    for (volatile int i = 0; i < 2; i++)
        expect_whole(call_through_pointers(capture), (uintptr_t)call_through_pointers);
}

static struct stack_frames in_handler, from_context;
static volatile uintptr_t interrupted;

static void on_signal(int number, siginfo_t *info, void *context)
{
    struct stack_start start = stack_start_of(&self, __builtin_frame_address(0));
    stack_walk(&start, STACK_FRAMES_MAX, &in_handler);
    start = stack_start_of_context(&self, context);
    stack_walk(&start, STACK_FRAMES_MAX, &from_context);
    interrupted = (uintptr_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}

static void expect_signal_frames(void)
{
    cr_assert_geq(from_context.count, 3);
    cr_assert_eq(in_handler.count, from_context.count + 1);
    /* The trampoline, then the instruction itself, then callers. */
    cr_expect_eq(in_handler.exact, 2);
    cr_expect_eq(from_context.exact, 1);
    cr_expect_eq(from_context.frames[0], interrupted);
    cr_expect_eq(memcmp(in_handler.frames + 1, from_context.frames, from_context.count * 8), 0);
    cr_expect_not(in_handler.flags & STACK_BROKEN);
}

Test(stack, walks_through_a_signal_frame)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    expect_signal_frames();
}

Test(stack, walks_from_another_stack_to_the_interrupted_one)
{
    static char room[64 * 1024];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    expect_signal_frames();
}

/* A stack that ends at an unmapped page, in the middle of what the rows expect to be there. */
Test(stack, a_walk_ends_where_memory_does)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(pages + 4096, 4096);
    struct stack_start here = stack_start_of(&self, __builtin_frame_address(0));
    struct stack_frames frames;
    for (unsigned left = 8; left <= 128; left += 8) {
        struct stack_start start = {
            .pc = here.pc, .sp = (uintptr_t)pages + 4096 - left, .bp = (uintptr_t)pages + 4096 - 8};
        stack_walk(&start, STACK_FRAMES_MAX, &frames);
        cr_expect_geq(frames.count, 1);
    }
    /* Known bounds are kept even where more could be read. */
    here.high = here.sp + 16;
    here.low = here.sp;
    stack_walk(&here, STACK_FRAMES_MAX, &frames);
    cr_expect_geq(frames.count, 1);
}

static uint64_t random_word(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 20;
}

/* Two pages with nothing behind them, full of what stacks hold: code addresses, addresses on the
   same pages, and numbers. */
static void fill_with_anything(uintptr_t *words, uint64_t *state)
{
    for (unsigned i = 0; i < 1024; i++) {
        uint64_t random = random_word(state);
        words[i] = random % 4 == 0   ? (uintptr_t)words + random / 4 % 8192
                   : random % 4 == 3 ? random
                                     : (uintptr_t)getpid + random / 4 % 200000;
    }
}

Test(stack, walks_over_nonsense_end_without_a_fault, .timeout = 120)
{
    char *pages = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(pages + 8192, 4096);
    uint64_t state = 77, frames_seen = 0;
    for (unsigned round = 0; round < 200000; round++) {
        if (round % 100 == 0)
            fill_with_anything((uintptr_t *)pages, &state);
        struct stack_start start = {
            .pc = (uintptr_t)getpid + random_word(&state) % 200000,
            .sp = (uintptr_t)pages + (random_word(&state) % 8192 & (round % 7 ? ~7ul : ~0ul)),
            .bp = (uintptr_t)pages + random_word(&state) % 8200,
            .exact = round % 2,
            .low = round % 3 ? (uintptr_t)pages : 0,
            .high = round % 3 ? (uintptr_t)pages + 8192 : 0,
        };
        uint64_t registers[23];
        for (unsigned i = 0; i < 23; i++)
            registers[i] = (uintptr_t)pages + random_word(&state) % 9000;
        registers[REG_RIP] = start.pc, registers[REG_RSP] = start.sp, registers[REG_RBP] = start.bp;
        if (start.exact && round % 5)
            start.registers = registers;
        struct stack_frames frames;
        stack_walk(&start, STACK_FRAMES_MAX, &frames);
        cr_assert(frames.count >= 1 && frames.count <= STACK_FRAMES_MAX);
        frames_seen += frames.count;
    }
    cr_expect_gt(frames_seen, 400000, "the walks should go somewhere, not %lu", frames_seen);
}

Test(stack, a_call_through_a_bad_pointer_leads_to_its_caller)
{
    struct stack_start here = stack_start_of(&self, __builtin_frame_address(0));
    uintptr_t return_address = here.pc;
    struct stack_start start = here;
    struct stack_frames frames;
    start.pc = 16;
    start.exact = true;
    start.sp = (uintptr_t)__builtin_frame_address(0) + 8; /* our own return address lies there */
    stack_walk(&start, STACK_FRAMES_MAX, &frames);
    cr_assert_geq(frames.count, 3);
    cr_expect_eq(frames.frames[0], 16);
    cr_expect_eq(frames.frames[1], return_address);
    cr_expect_eq(frames.exact, 1);
}

static const struct module_row *row_holding(uintptr_t pc)
{
    const struct module_row *found = NULL;
    uint64_t count = recording->sections[SECTION_MODULES - 1].used / sizeof *found;
    for (uint64_t i = 0; i < count; i++) {
        const struct module_row *row = ROW(SECTION_MODULES, struct module_row, i);
        if (pc >= row->start && pc < row->end)
            found = row;
    }
    return found;
}

static const char *string_of(uint32_t offset)
{
    return (const char *)section_start[SECTION_STRINGS] + offset;
}

Test(module, a_stack_brings_the_rows_of_its_modules)
{
    bool same;
    capture_twice(&same);
    const struct module_row *own = row_holding((uintptr_t)capture);
    char executable[4096] = "";
    cr_assert_gt(readlink("/proc/self/exe", executable, sizeof executable - 1), 0);
    cr_assert_not_null(own);
    cr_expect_str_eq(string_of(own->path), executable);
    cr_expect_gt(own->build_id_size, 0);
    cr_expect_gt(own->file_size, 0);
    cr_expect_gt(own->file_mtime, 0);
    cr_expect_gt(own->generation, 0);
    const struct module_row *libc = row_holding((uintptr_t)getpid);
    struct link_map *map;
    cr_assert_not_null(libc);
    cr_assert_eq(dlinfo(dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD), RTLD_DI_LINKMAP, &map), 0);
    cr_expect_eq(libc->base, map->l_addr);
    cr_expect_str_eq(string_of(libc->path), map->l_name);
}

typedef uint32_t call_back(uint32_t (*function)(void));

static uint32_t through_module(void *library)
{
    call_back *call = (call_back *)dlsym(library, "holdfast_test_call_back");
    cr_assert_not_null(call);
    return call(capture);
}

Test(module, unloading_ends_the_row_and_starts_an_epoch)
{
    void *library = dlopen(TEST_MODULE, RTLD_NOW | RTLD_LOCAL);
    cr_assert_not_null(library);
    uint32_t before = through_module(library), own = capture();
    uintptr_t inside = depot_row(before)->frames[0];
    const struct module_row *row = row_holding(inside);
    cr_assert_not_null(row);
    cr_expect_str_eq(string_of(row->path), TEST_MODULE);
    cr_expect_eq(row->loaded_epoch, 0);
    cr_expect_eq(row->unloaded_epoch, 0);
    cr_expect_not(module_unloaded(), "nothing is gone yet");
    dlclose(library);
    cr_assert(module_unloaded());
    stack_forget();
    cr_expect_eq(module_epoch, 1);
    cr_expect_eq(row->unloaded_epoch, 1);
    /* Ours are where they were: their stacks go on under their ids. */
    cr_expect_neq(own, 0);
    cr_expect_not(
        module_changed_between(0, 1, depot_row(own)->frames, depot_row(own)->frame_count));
    cr_expect(module_changed_between(0, 1, &inside, 1));
}

static KEEP uint32_t load_and_capture(const char *module)
{
    void *library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    cr_assert_not_null(library);
    uint32_t stack = through_module(library);
    dlclose(library);
    cr_assert(module_unloaded());
    stack_forget();
    return stack;
}

Test(module, the_same_addresses_in_another_module_are_another_stack)
{
    static const char *const modules[] = {TEST_MODULE, OTHER_MODULE, TEST_MODULE, OTHER_MODULE};
    uint32_t ids[4];
    for (volatile int i = 0; i < 4; i++)
        ids[i] = load_and_capture(modules[i]);
    const struct stack_row *a = depot_row(ids[0]), *b = depot_row(ids[1]);
    /* The loader puts them at the same place, so that only the epoch tells them apart. */
    cr_assert_eq(a->frames[0], b->frames[0]);
    cr_expect_eq(a->hash, b->hash);
    cr_expect_neq(ids[0], ids[1]);
    cr_expect_neq(a->epoch, b->epoch);
    /* Each is itself again when it comes back. */
    cr_expect_eq(ids[2], ids[0]);
    cr_expect_eq(ids[3], ids[1]);
    /* And what the rows say of each epoch is the module that it was. */
    for (int i = 0; i < 2; i++) {
        const struct stack_row *stack = depot_row(ids[i]);
        const char *path = NULL;
        for (uint64_t k = 0; k < recording->sections[SECTION_MODULES - 1].used / 80; k++) {
            const struct module_row *row = ROW(SECTION_MODULES, struct module_row, k);
            if (stack->frames[0] >= row->start && stack->frames[0] < row->end &&
                stack->epoch >= row->loaded_epoch && stack->epoch < row->unloaded_epoch)
                path = string_of(row->path);
        }
        cr_assert_not_null(path);
        cr_expect_str_eq(path, modules[i]);
    }
}

Test(module, stacks_without_the_module_keep_their_id_over_epochs)
{
    uint32_t ids[3];
    for (volatile int i = 0; i < 3; i++) {
        ids[i] = capture();
        load_and_capture(TEST_MODULE);
    }
    cr_expect_eq(ids[0], ids[1]);
    cr_expect_eq(ids[1], ids[2]);
    cr_expect_eq(depot_row(ids[0])->epoch, 2);
}
