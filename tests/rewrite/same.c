/*
 * same LIBRARY FORM [ROUNDS]: runs the functions of generate.c as they are and rewritten, with
 * random registers, flags and memory, and compares all of them afterwards. Some runs are stepped
 * through one by one: at each instruction of moved code, put back as its row says, the program's
 * registers are those that it had natively at the same place.
 */
#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "rewrite/image.h"
#include "tests/rewrite/load.h"
#include "tests/rewrite/scanned.h"

enum {
    BUFFER = 4096,
    STEPS = 20000,
    TRACE_FLAG = 0x100,
    ARITHMETIC = 0x8d5,
    NOT_AUXILIARY = ARITHMETIC & ~0x10, /* and, or, xor leave it undefined */
};

/* In the order of their numbers; rsp is not loaded. */
struct registers {
    uint64_t general[16], flags;
    uint8_t vector[8][32];
};
struct registers input, output;
const void *target;
static uint8_t buffer[2][BUFFER] __attribute__((aligned(BUFFER)));

void run_target(void);
extern const char run_returned[];
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
__asm__(".text\n.globl run_target\nrun_target:\n"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "movups input+136(%rip), %xmm0; movups input+168(%rip), %xmm1\n"
        "movups input+200(%rip), %xmm2; movups input+232(%rip), %xmm3\n"
        "movups input+264(%rip), %xmm4; movups input+296(%rip), %xmm5\n"
        "movups input+328(%rip), %xmm6; movups input+360(%rip), %xmm7\n"
        "pushq input+128(%rip)\n"
        "mov input+0(%rip), %rax; mov input+8(%rip), %rcx; mov input+16(%rip), %rdx\n"
        "mov input+24(%rip), %rbx; mov input+40(%rip), %rbp; mov input+48(%rip), %rsi\n"
        "mov input+56(%rip), %rdi; mov input+64(%rip), %r8; mov input+72(%rip), %r9\n"
        "mov input+80(%rip), %r10; mov input+88(%rip), %r11; mov input+96(%rip), %r12\n"
        "mov input+104(%rip), %r13; mov input+112(%rip), %r14; mov input+120(%rip), %r15\n"
        "popfq; call *target(%rip)\n"
        ".globl run_returned\nrun_returned:\n"
        "mov %rax, output+0(%rip); mov %rcx, output+8(%rip); mov %rdx, output+16(%rip)\n"
        "mov %rbx, output+24(%rip); mov %rbp, output+40(%rip); mov %rsi, output+48(%rip)\n"
        "mov %rdi, output+56(%rip); mov %r8, output+64(%rip); mov %r9, output+72(%rip)\n"
        "mov %r10, output+80(%rip); mov %r11, output+88(%rip); mov %r12, output+96(%rip)\n"
        "mov %r13, output+104(%rip); mov %r14, output+112(%rip); mov %r15, output+120(%rip)\n"
        "movups %xmm0, output+136(%rip); movups %xmm1, output+168(%rip)\n"
        "movups %xmm2, output+200(%rip); movups %xmm3, output+232(%rip)\n"
        "movups %xmm4, output+264(%rip); movups %xmm5, output+296(%rip)\n"
        "movups %xmm6, output+328(%rip); movups %xmm7, output+360(%rip)\n"
        "cld; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");

static struct module module;
static struct loaded loaded;
static uint64_t native_text, moved_text, native_thread, moved_thread;
static unsigned long problems;
static uint64_t dice;

static uint64_t throw_dice(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice;
}

/* What stepping saw of the native run; and how far the rewritten one has come. */
static struct {
    uint32_t offset;
    struct registers registers;
} trace[STEPS];
static uint32_t traced, reached;
static bool tracing_moved;
static unsigned long compared;

static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                              REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                              REG_R12, REG_R13, REG_R14, REG_R15};

static void registers_of(const ucontext_t *context, struct registers *ret)
{
    for (int i = 0; i < 16; i++)
        ret->general[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
    ret->flags = (uint64_t)context->uc_mcontext.gregs[REG_EFL];
}

/* What the program would see, as the row says. */
static void put_back(const struct rewrite_moved *row, struct registers *registers)
{
    if (row->state & MOVED_BORROWED)
        registers->general[row->scratch] = slots.scratch;
    if (row->state & MOVED_RAX)
        registers->general[0] = slots.rax;
    if (row->state & MOVED_CALL)
        registers->general[4] += 128;
    if (row->state & MOVED_FLAGS)
        registers->flags = (registers->flags & ~(uint64_t)ARITHMETIC) | (slots.flags >> 8 & 0xd5) |
                           (slots.flags & 1 ? 0x800 : 0);
}

/* The same, or both the same place in their own copy of the library, or of its thread's data. */
static bool same_value(uint64_t native, uint64_t moved)
{
    uint64_t size = module.text_end - module.text_start + (1 << 20);
    if (native == moved || native - native_thread == moved - moved_thread)
        return true;
    return native - native_text == moved - moved_text &&
           native - native_text + (1 << 20) < size * 2;
}

static void differ(uint64_t pc, uint32_t offset, const char *what, uint64_t native, uint64_t moved)
{
    if (problems++ < 10)
        fprintf(stderr, "pc %#lx, text %#lx: %s is %#lx, not %#lx\n", pc,
                (unsigned long)(module.text_start + offset), what, moved, native);
}

static void compare_at(uint64_t pc, uint32_t offset, bool done, const struct registers *moved)
{
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    const struct insn *insn = insn_at(&module, offset);
    if (!insn)
        return;
    if (trace[reached].offset != offset && !done)
        reached++;
    if (reached >= traced || trace[reached].offset != offset) {
        differ(pc, offset, "the way natively", trace[reached].offset, offset);
        reached = UINT32_MAX;
        return;
    }
    if (!done && insn->kind == INSN_CALL)
        return; /* what is read of registers from there on is its target's affair */
    const struct registers *native = &trace[reached + done].registers;
    uint32_t live = (uint32_t)(done ? insn->live : insn->uses | (insn->live & ~insn->defines));
    live |= 1u << 3 | 1u << 4 | 1u << 5;
    compared++;
    for (int i = 0; i < 16; i++)
        if (live >> i & 1 && !same_value(native->general[i], moved->general[i]))
            differ(pc, offset, names[i], native->general[i], moved->general[i]);
    if (live & INSN_FLAGS && (native->flags ^ moved->flags) & NOT_AUXILIARY)
        differ(pc, offset, "flags", native->flags, moved->flags);
    if ((native->flags ^ moved->flags) & 0x400)
        differ(pc, offset, "the direction", native->flags, moved->flags);
}

static void step_native(uint64_t pc, const struct registers *registers)
{
    uint64_t offset = pc - native_text;
    if (offset >= module.text_end - module.text_start || traced == STEPS)
        return;
    if (traced && trace[traced - 1].offset == offset)
        return; /* a string instruction, once more */
    trace[traced].offset = (uint32_t)offset;
    trace[traced++].registers = *registers;
}

static void step_moved(uint64_t pc, struct registers *registers)
{
    if (reached == UINT32_MAX)
        return;
    uint64_t offset = pc - moved_text;
    const struct rewrite_moved *row = loaded_row(&loaded, pc);
    if (row && !(row->state & (MOVED_CHECKING | MOVED_DONE)) &&
        trace[reached].offset == row->text && insn_at(&module, row->text)->flags & SITE_REPEATED)
        return;
    if (row) {
        put_back(row, registers);
        compare_at(pc, row->text, row->state & MOVED_DONE, registers);
    } else if (offset < module.text_end - module.text_start) {
        const struct insn *insn = insn_at(&module, (uint32_t)offset);
        if (insn && !(insn->flags & SITE_REPEATED && trace[reached].offset == offset))
            compare_at(pc, (uint32_t)offset, false, registers);
    }
}

static void on_trap(int number, siginfo_t *info, void *raw)
{
    ucontext_t *context = raw;
    uint64_t pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    struct registers registers;
    registers_of(context, &registers);
    if (pc == (uint64_t)run_returned) {
        context->uc_mcontext.gregs[REG_EFL] &= ~TRACE_FLAG;
        return;
    }
    if (!(registers.flags & TRACE_FLAG)) {
        fprintf(stderr, "trap at %#lx (text %#lx)\n", pc, pc - moved_text + module.text_start);
        _exit(1);
    }
    if (tracing_moved)
        step_moved(pc, &registers);
    else
        step_native(pc, &registers);
}

static uint8_t *call(const void *function, const struct registers *start, const uint8_t *content,
                     int which, bool step)
{
    /* Both runs use the same buffer, so that pointers into it are equal. */
    memcpy(buffer[0], content, BUFFER);
    input = *start;
    input.general[15] = (uint64_t)buffer[0];
    if (step)
        input.flags |= TRACE_FLAG;
    target = function;
    if (__builtin_cpu_supports("avx")) /* what lies above what is loaded */
        __asm__ volatile("vzeroall" ::
                             : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                               "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                               "xmm15");
    run_target();
    if (which)
        memcpy(buffer[1], buffer[0], BUFFER);
    return buffer[which];
}

static void compare_runs(int number, const struct registers *native, const uint8_t *before,
                         const uint8_t *after)
{
    for (int i = 0; i < 16; i++)
        if (i != 4 && native->general[i] != output.general[i]) {
            fprintf(stderr, "f%d: register %d is %#lx, not %#lx\n", number, i, output.general[i],
                    native->general[i]);
            problems++;
        }
    if (memcmp(native->vector, output.vector, sizeof native->vector)) {
        fprintf(stderr, "f%d: vector registers differ\n", number);
        problems++;
    }
    for (int i = 0; i < BUFFER; i++) {
        uint8_t flags = i == 4080 ? ~NOT_AUXILIARY & 0xff : i == 4081 ? 1 : 0;
        if ((before[i] ^ after[i]) & ~flags) {
            fprintf(stderr, "f%d: memory differs at %d\n", number, i);
            problems++;
            return;
        }
    }
}

static void one_round(int number, const char *native, const char *moved, bool step)
{
    struct registers start = {.flags = 0x202 | (throw_dice() & ARITHMETIC)};
    uint8_t content[BUFFER], before[BUFFER];
    for (int i = 0; i < 14; i++)
        start.general[i] = throw_dice();
    start.general[14] = throw_dice() % 8;
    for (size_t i = 0; i < sizeof start.vector; i++)
        start.vector[i / 32][i % 32] = (uint8_t)throw_dice();
    for (int i = 0; i < BUFFER; i++)
        content[i] = (uint8_t)throw_dice();
    traced = reached = 0;
    tracing_moved = false;
    memcpy(before, call(native, &start, content, 0, step), BUFFER);
    struct registers result = output;
    tracing_moved = true;
    const uint8_t *after = call(moved, &start, content, 1, step && traced < STEPS);
    compare_runs(number, &result, before, after);
}

static void *open_copy(const char *library, char *name)
{
    char command[600];
    int file = mkstemp(name);
    if (file < 0)
        return NULL;
    close(file);
    snprintf(command, sizeof command, "cp '%s' '%s'", library, name);
    return system(command) ? NULL : dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

static uint64_t bias_of(void *library)
{
    struct link_map *map;
    return dlinfo(library, RTLD_DI_LINKMAP, &map) ? 0 : map->l_addr;
}

static uint64_t thread_offset(void *library)
{
    uint64_t thread;
    __asm__("mov %%fs:0, %0" : "=r"(thread));
    return (uint64_t)dlsym(library, "thread") - thread;
}

static bool prepare(const char *library, enum rewrite_form form, void **ret_native,
                    void **ret_moved)
{
    char name[] = "/tmp/holdfast-same-XXXXXX", image[] = "/tmp/holdfast-same-XXXXXX";
    *ret_native = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    *ret_moved = open_copy(library, name);
    int file = mkstemp(image);
    if (!*ret_native || !*ret_moved || file < 0 || !scan_module(&module, library)) {
        fprintf(stderr, "cannot load %s: %s\n", library, dlerror());
        return false;
    }
    close(file);
    native_text = bias_of(*ret_native) + module.text_start;
    moved_text = bias_of(*ret_moved) + module.text_start;
    native_thread = thread_offset(*ret_native);
    moved_thread = thread_offset(*ret_moved);
    struct image_request request = {.form = form};
    bool good = !image_write(&module, &request, image, NULL) &&
                image_load(&loaded, image, bias_of(*ret_moved));
    unlink(name);
    unlink(image);
    return good && (form == FORM_MOVE_ONLY || filter_prepare(form));
}

static void on_fault(int number, siginfo_t *info, void *raw)
{
    const ucontext_t *context = raw;
    uint64_t pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    fprintf(stderr, "fault at %#lx: natively text %#lx, moved text %#lx, code %#lx\n", pc,
            pc - native_text + module.text_start, pc - moved_text + module.text_start,
            pc - (uint64_t)loaded.code);
    _exit(1);
}

static void catch_traps(void)
{
    static uint8_t stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&alternate, NULL);
    sigaction(SIGTRAP, &action, NULL);
    action.sa_sigaction = on_fault;
    sigaction(SIGSEGV, &action, NULL);
}

int main(int argc, char **argv)
{
    static const char *const forms[FORM_COUNT] = {"move", "gs", "flip"};
    enum rewrite_form form = FORM_MOVE_ONLY;
    for (int i = 0; i < FORM_COUNT && argc > 2; i++)
        if (!strcmp(argv[2], forms[i]))
            form = (enum rewrite_form)i;
    int rounds = argc > 3 ? atoi(argv[3]) : 20;
    void *native, *moved;
    if (argc < 3 || !prepare(argv[1], form, &native, &moved))
        return 2;
    catch_traps();
    dice = 88172645463325252ull;
    int functions = *(const int *)dlsym(native, "functions");
    if (!__builtin_cpu_supports("avx"))
        functions = functions * 9 / 10;
    for (int i = 0; i < functions; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", i);
        for (int round = 0; round < rounds && problems < 20; round++)
            one_round(i, dlsym(native, name), dlsym(moved, name), round == 0 && i % 3 == 0);
    }
    fprintf(stderr,
            "%d functions, %lu places compared; thunks: %lu check, %lu before, %lu after, %lu "
            "string, %lu range\n",
            functions, compared, thunk_calls[0], thunk_calls[1], thunk_calls[2], thunk_calls[3],
            thunk_calls[4]);
    if (thunk_faults)
        fprintf(stderr, "%lu thunk calls that told nonsense\n", thunk_faults);
    return problems || thunk_faults ? 1 : 0;
}
