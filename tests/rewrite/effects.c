/*
 * Does an instruction read and replace what tools/rewrite/effect.c says? The processor is asked.
 *
 *   rewrite_effects [FILE…]   all short opcodes with register operands and some in memory, and the
 *                             instructions of these files, each form once
 *
 * Each is executed from chosen registers, flags and memory, then again with one input changed:
 *   - a register that it is said not to read: nothing else may come out different, and the register
 *     itself keeps the new value, unless it is said to be replaced: then it comes out the same;
 *   - the arithmetic flags, likewise.
 * What faults, or comes out different when nothing is changed (rdtsc), is left. Prints a line for
 * each violation and the counts; status 1 when there was one, or too little could be run.
 */
#include "tools/rewrite/decode.h"
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ARITHMETIC 0x8d5u /* CF PF AF ZF SF OF in rflags */
#define MEMORY     4096u
#define STATE      8192u
#define SETS       6
#define LEAST      2000 /* forms that must have been run */

struct registers {
    uint64_t general[16], flags;
};

struct outcome {
    struct registers registers;
    uint8_t memory[MEMORY];
    _Alignas(64) uint8_t state[STATE]; /* vector registers and the like, xsave's form */
};

struct registers effects_in, effects_out;
uint64_t effects_host_stack, effects_code, effects_mask;
_Alignas(64) uint8_t effects_state[STATE], effects_state_out[STATE];

/* effects_in to the registers, the instruction at effects_code, the registers to effects_out. */
void effects_execute(void);
__asm__(".text\n"
        "effects_execute:\n"
        "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "  mov %rsp, effects_host_stack(%rip)\n"
        "  mov effects_mask(%rip), %eax; mov 4+effects_mask(%rip), %edx\n"
        "  xrstor64 effects_state(%rip)\n"
        "  push 128+effects_in(%rip); popfq\n"
        "  mov 0+effects_in(%rip), %rax; mov 8+effects_in(%rip), %rcx\n"
        "  mov 16+effects_in(%rip), %rdx; mov 24+effects_in(%rip), %rbx\n"
        "  mov 32+effects_in(%rip), %rsp; mov 40+effects_in(%rip), %rbp\n"
        "  mov 48+effects_in(%rip), %rsi; mov 56+effects_in(%rip), %rdi\n"
        "  mov 64+effects_in(%rip), %r8; mov 72+effects_in(%rip), %r9\n"
        "  mov 80+effects_in(%rip), %r10; mov 88+effects_in(%rip), %r11\n"
        "  mov 96+effects_in(%rip), %r12; mov 104+effects_in(%rip), %r13\n"
        "  mov 112+effects_in(%rip), %r14; mov 120+effects_in(%rip), %r15\n"
        "  jmp *effects_code(%rip)\n"
        "effects_back:\n"
        "  mov %rax, 0+effects_out(%rip); mov %rcx, 8+effects_out(%rip)\n"
        "  mov %rdx, 16+effects_out(%rip); mov %rbx, 24+effects_out(%rip)\n"
        "  mov %rsp, 32+effects_out(%rip); mov %rbp, 40+effects_out(%rip)\n"
        "  mov %rsi, 48+effects_out(%rip); mov %rdi, 56+effects_out(%rip)\n"
        "  mov %r8, 64+effects_out(%rip); mov %r9, 72+effects_out(%rip)\n"
        "  mov %r10, 80+effects_out(%rip); mov %r11, 88+effects_out(%rip)\n"
        "  mov %r12, 96+effects_out(%rip); mov %r13, 104+effects_out(%rip)\n"
        "  mov %r14, 112+effects_out(%rip); mov %r15, 120+effects_out(%rip)\n"
        "  mov effects_host_stack(%rip), %rsp\n"
        "  pushfq; pop 128+effects_out(%rip); cld\n"
        "  mov effects_mask(%rip), %eax; mov 4+effects_mask(%rip), %edx\n"
        "  xsave64 effects_state_out(%rip)\n"
        "  fninit; emms; vzeroupper\n"
        "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "  ret\n");
extern char effects_back[];

static uint8_t *memory, *stack, *code;
static sigjmp_buf faulted;
static unsigned long executed, forms, violations;

static void on_fault(int signal)
{
    siglongjmp(faulted, signal);
}

static uint64_t random_word(void)
{
    static uint64_t state = 88172645463325252ull;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void put_code(const uint8_t *bytes, unsigned length)
{
    static const uint8_t jump[] = {0xff, 0x25, 0, 0, 0, 0};
    uint64_t back = (uint64_t)effects_back;
    memcpy(code, bytes, length);
    memcpy(code + length, jump, sizeof jump);
    memcpy(code + length + sizeof jump, &back, sizeof back);
    effects_code = (uint64_t)code;
}

static bool execute(const struct registers *in, const uint8_t *given, struct outcome *out)
{
    effects_in = *in;
    memcpy(memory, given, MEMORY);
    for (unsigned i = 0; i < MEMORY / 8; i++)
        ((uint64_t *)(void *)stack)[i] = 0x202;
    memset(effects_state_out, 0, sizeof effects_state_out);
    if (sigsetjmp(faulted, 1)) {
        __asm__ volatile("cld; fninit; vzeroupper");
        return false;
    }
    effects_execute();
    executed++;
    out->registers = effects_out;
    out->registers.flags &= ARITHMETIC | 0x400;
    memcpy(out->memory, memory, MEMORY);
    memcpy(out->state, effects_state_out, STATE);
    memset(out->state + 512, 0, 64); /* what is in use: the kernel may have looked in between */
    return true;
}

struct trial {
    const struct insn *insn;
    const uint8_t *bytes;
    struct registers in;
    uint8_t given[MEMORY];
    struct outcome first, second;
};

static void violation(const struct trial *trial, const char *what, int number)
{
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp",  "rbp",
                                        "rsi", "rdi", "r8",  "r9",  "r10",  "r11",
                                        "r12", "r13", "r14", "r15", "flags"};
    if (violations++ > 200)
        return;
    for (unsigned i = 0; i < trial->insn->length; i++)
        printf("%02x ", trial->bytes[i]);
    printf(": %s %s (uses %x, defines %x)\n", what, names[number], (unsigned)trial->insn->uses,
           (unsigned)trial->insn->defines);
}

static uint64_t *place(struct registers *registers, int number)
{
    return number < 16 ? &registers->general[number] : &registers->flags;
}

/* Compares all that came out but one register (or the flags). */
static bool same_but(struct trial *trial, int number)
{
    struct registers a = trial->first.registers, b = trial->second.registers;
    *place(&a, number) = *place(&b, number) = 0;
    return !memcmp(&a, &b, sizeof a) &&
           !memcmp(trial->first.memory, trial->second.memory, MEMORY) &&
           !memcmp(trial->first.state, trial->second.state, STATE);
}

static void change(struct trial *trial, int number)
{
    uint32_t bit = 1u << number;
    struct registers changed = trial->in;
    uint64_t mask = number == 16 ? ARITHMETIC : ~0ull;
    if (trial->insn->uses & bit)
        return;
    *place(&changed, number) ^= (random_word() | 1) & mask;
    if (!execute(&changed, trial->given, &trial->second)) {
        violation(trial, "faults with another", number);
        return;
    }
    if (!same_but(trial, number))
        violation(trial, "depends on", number);
    uint64_t first = *place(&trial->first.registers, number);
    uint64_t second = *place(&trial->second.registers, number);
    if (trial->insn->defines & bit) {
        if (first != second)
            violation(trial, "does not replace", number);
    } else if (number < 16 && second != *place(&changed, number)) {
        violation(trial, "changes", number);
    }
}

/* Values that meet special cases: zero, small, all ones. */
static uint64_t value(unsigned set)
{
    switch (set) {
    case 0:
        return 0;
    case 1:
        return random_word() & 1 ? ~0ull : 1;
    case 2:
        return random_word() & 31;
    default:
        return random_word();
    }
}

/* Registers so that the operand lies in our memory; false: cannot be had. */
static bool aim(const struct insn *insn, struct registers *in, unsigned set)
{
    if (insn->access != MEMORY_PLAIN && insn->access != MEMORY_LOCKED)
        return insn->access == MEMORY_NONE;
    uint64_t target = (uint64_t)memory + MEMORY / 2 - (uint64_t)insn->offset_of_operand;
    if (insn->relative || insn->in_thread || insn->base < 0 || insn->base == insn->index ||
        insn->base == REGISTER_RSP)
        return false;
    if (insn->index >= 0)
        in->general[insn->index] = set & 1 ? 0 : 8;
    in->general[insn->base] = target;
    return true;
}

static void try_insn(const struct insn *insn, const uint8_t *bytes)
{
    static struct trial trial;
    bool ran = false;
    if (insn->kind != INSN_PLAIN)
        return;
    put_code(bytes, insn->length);
    trial.insn = insn;
    trial.bytes = bytes;
    for (unsigned set = 0; set < SETS; set++) {
        for (unsigned i = 0; i < 16; i++)
            trial.in.general[i] = value(set);
        trial.in.general[REGISTER_RSP] = (uint64_t)stack + MEMORY / 2;
        trial.in.flags = 0x202 | (random_word() & ARITHMETIC);
        for (unsigned i = 0; i < MEMORY / 8; i++)
            ((uint64_t *)(void *)trial.given)[i] = value(set);
        if (!aim(insn, &trial.in, set) || !execute(&trial.in, trial.given, &trial.first) ||
            !execute(&trial.in, trial.given, &trial.second) || !same_but(&trial, REGISTER_RSP))
            continue;
        ran = true;
        for (int number = 0; number <= 16; number++)
            if (number != REGISTER_RSP)
                change(&trial, number);
    }
    forms += ran;
}

/* Decodes bytes as if they were a module's text. */
static void try_bytes(const uint8_t *bytes, unsigned size)
{
    static uint8_t page[4096];
    struct module module = {.text = page, .text_end = sizeof page};
    struct insn insn;
    memset(page, 0x90, 32);
    memcpy(page, bytes, size);
    if (decode_at(&module, 0, 32, &insn))
        try_insn(&insn, page);
}

/* All opcodes of the legacy maps, with and without prefixes, with two registers, one twice, and
   memory. */
static void try_opcodes(void)
{
    static const uint8_t prefixes[][3] = {{0},          {0x66},       {0xf3}, {0xf2},      {0x48},
                                          {0x66, 0x48}, {0xf3, 0x48}, {0x45}, {0xf2, 0x48}};
    static const uint8_t maps[][3] = {{0}, {0x0f}, {0x0f, 0x38}, {0x0f, 0x3a}};
    static const uint8_t tails[] = {0x03, 0xc0, 0xc1, 0xd1, 0xe3};
    for (unsigned p = 0; p < sizeof prefixes / sizeof prefixes[0]; p++)
        for (unsigned m = 0; m < 4; m++)
            for (unsigned opcode = 0; opcode < 256; opcode++)
                for (unsigned way = 0; way < sizeof tails; way++)
                    for (unsigned group = 0; group < 8; group++) {
                        uint8_t bytes[16] = {0};
                        unsigned size = 0;
                        for (unsigned i = 0; prefixes[p][i]; i++)
                            bytes[size++] = prefixes[p][i];
                        for (unsigned i = 0; i < m && i < 2; i++)
                            bytes[size++] = maps[m][i];
                        bytes[size++] = (uint8_t)opcode;
                        bytes[size++] = (uint8_t)((tails[way] & 0xc7) | group << 3);
                        bytes[size] = (uint8_t)(opcode & 1 ? 3 : 0);
                        try_bytes(bytes, 16);
                    }
}

/* What a form is: everything up to the displacement, and whether its constant is zero. */
static uint64_t form_of(const uint8_t *bytes, unsigned length)
{
    static ZydisDecoder decoder;
    ZydisDecodedInstruction insn;
    if (!decoder.machine_mode)
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    uint64_t hash = 14695981039346656037ull;
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, NULL, bytes, length, &insn)))
        return 0;
    unsigned end = length;
    if (insn.raw.disp.size && insn.raw.disp.offset < end)
        end = insn.raw.disp.offset;
    if (insn.raw.imm[0].size && insn.raw.imm[0].offset < end)
        end = insn.raw.imm[0].offset;
    for (unsigned i = 0; i < end; i++)
        hash = (hash ^ bytes[i]) * 1099511628211ull;
    return (hash ^ (insn.raw.imm[0].size && (insn.raw.imm[0].value.u & 31)) ^ 2) | 1;
}

static bool seen(uint64_t form)
{
    static uint64_t table[1u << 18];
    static unsigned count;
    uint64_t at = form * 0x9e3779b97f4a7c15ull >> 46;
    for (; table[at]; at = (at + 1) & ((1u << 18) - 1))
        if (table[at] == form)
            return true;
    if (count++ < 200000)
        table[at] = form;
    return count >= 200000;
}

static bool try_file(const char *path)
{
    struct module module;
    bool good = module_open(&module, path) && module_decode(&module);
    for (uint32_t i = 0; good && i < module.insn_count; i++) {
        const struct insn *insn = &module.insns[i];
        if (insn->kind == INSN_PLAIN && !seen(form_of(module.text + insn->offset, insn->length)))
            try_insn(insn, module.text + insn->offset);
    }
    module_close(&module);
    return good;
}

static void prepare(void)
{
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK | SA_NODEFER};
    stack_t other = {.ss_sp = malloc(1u << 16), .ss_size = 1u << 16};
    uint32_t low, high;
    sigaltstack(&other, NULL);
    for (int signal = 1; signal < 32; signal++)
        if (signal == SIGSEGV || signal == SIGILL || signal == SIGFPE || signal == SIGBUS ||
            signal == SIGTRAP)
            sigaction(signal, &action, NULL);
    uint8_t *pages = mmap(NULL, 16 * MEMORY, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        abort();
    code = pages;
    memory = pages + 4 * MEMORY;
    stack = pages + 8 * MEMORY;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    effects_mask = low & 0xe7; /* x87, SSE, AVX, AVX-512: less than STATE */
    low &= 0xe7;
    high = 0;
    __asm__ volatile("xsave64 %0" : "+m"(effects_state) : "a"(low), "d"(high) : "memory");
    effects_state[512] |= 3;
    /* The vector registers hold something. */
    for (unsigned i = 160; i < 416; i++)
        effects_state[i] = (uint8_t)(i % 15 * 17);
}

int main(int argc, char **argv)
{
    prepare();
    decode_init();
    try_opcodes();
    unsigned long opcodes = forms;
    bool good = true;
    for (int i = 1; i < argc; i++)
        good = try_file(argv[i]) && good;
    printf("forms run: %lu of opcodes, %lu of files; %lu executions; violations %lu\n", opcodes,
           forms - opcodes, executed, violations);
    return good && !violations && forms >= LEAST ? 0 : 1;
}
