/*
 * generate FUNCTIONS SEED: writes assembler text of that many functions made of random instructions
 * that touch memory in every way that moved code has to keep: f0, f1 … and their count. same.c runs
 * them as they are and rewritten.
 *
 * A function gets in r15 a buffer of 4096 bytes, the flags and all other registers at random. It
 * keeps r15 and rsp, and in r14 a small number. Flags that the processor leaves undefined are never
 * read: only instructions that define all but AF are followed by readers.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

static uint32_t below(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16) % limit;
}

static const char *const names[4][13] = {
    {"al", "cl", "dl", "bl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b", "r13b"},
    {"ax", "cx", "dx", "bx", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w", "r13w"},
    {"eax", "ecx", "edx", "ebx", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d", "r12d", "r13d"},
    {"rax", "rcx", "rdx", "rbx", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13"},
};
static const char suffix[4] = {'b', 'w', 'l', 'q'};
static const char *const conditions[] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                         "s", "ns", "p", "np", "l", "ge", "le", "g"};
static const char *const operations[] = {"add", "sub", "adc", "sbb", "and", "or", "xor", "cmp"};

static const char *reg(int width)
{
    return names[width][below(13)];
}

static void put(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    putchar('\t');
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
}

static int pointer = -1; /* number of a register that points into the buffer, -1 none */
static bool leaf;        /* no stack frame: keeps its variables in the red zone */

/* An operand of up to 32 bytes; a few are met again and again, so that checks can be elided. */
static const char *memory(void)
{
    static char text[4][64];
    static int next;
    char *at = text[next++ % 4];
    int place = (int)(below(4) ? below(16) * 4 : below(64)), scale = 1 << below(4);
    switch (below(pointer >= 0 ? 10 : 7)) {
    case 0:
        snprintf(at, 64, "%d(%%r15)", place + 1024);
        break;
    case 1:
        snprintf(at, 64, "%d(%%r15,%%r14,%d)", place + 2048, scale);
        break;
    case 2:
    case 3:
        snprintf(at, 64, "global+%d(%%rip)", place);
        break;
    case 4:
        snprintf(at, 64, "%d(%%r15,%%r14)", place + 512);
        break;
    case 5:
    case 6:
        if (leaf)
            snprintf(at, 64, "%d(%%rsp)", -120 + place);
        else if (below(2))
            snprintf(at, 64, "%d(%%rsp)", 64 + place);
        else
            snprintf(at, 64, "%d(%%rsp,%%r14,%d)", 64 + place, scale);
        break;
    default:
        if (below(3))
            snprintf(at, 64, "%d(%%%s)", place, names[3][pointer]);
        else
            snprintf(at, 64, "%d(%%%s,%%r14,%d)", place, names[3][pointer], scale);
    }
    return at;
}

/* For locked instructions: across a border of cache lines they take milliseconds. */
static const char *aligned(void)
{
    static char text[64];
    int place = 8 * (int)below(8);
    switch (below(4)) {
    case 0:
        snprintf(text, sizeof text, "%d(%%r15,%%r14,8)", place + 1024);
        break;
    case 1:
        snprintf(text, sizeof text, "global+%d(%%rip)", place);
        break;
    case 2:
        snprintf(text, sizeof text, "%d(%%rsp)", leaf ? -120 + place : 64 + place);
        break;
    default:
        snprintf(text, sizeof text, "%d(%%r15)", place + 1024);
    }
    return text;
}

/* A register that is not the pointer. */
static const char *other(int width)
{
    uint32_t number = below(13);
    while ((int)number == pointer)
        number = below(13);
    return names[width][number];
}

static void move(void)
{
    int width = (int)below(4);
    switch (below(8)) {
    case 0:
    case 1:
        put("mov %s, %%%s", memory(), other(width));
        break;
    case 2:
    case 3:
        put("mov %%%s, %s", reg(width), memory());
        break;
    case 4:
        put("mov%c $%d, %s", suffix[width], (int)below(127), memory());
        break;
    case 5:
        put("movz%c%c %s, %%%s", suffix[width & 1], 'l', memory(), other(2));
        break;
    case 6:
        put("movs%c%c %s, %%%s", suffix[width & 1], 'q', memory(), other(3));
        break;
    default:
        if (pointer != 0 && below(2))
            put("mov %%ah, %d(%%rsp)", leaf ? -48 : 72);
        else
            put("mov %%ch, %d(%%rsp)", leaf ? -40 : 80);
    }
}

static void arithmetic(void)
{
    const char *operation = operations[below(8)];
    int width = (int)below(4);
    switch (below(6)) {
    case 0:
        put("%s %s, %%%s", operation, memory(), other(width));
        break;
    case 1:
        put("%s %%%s, %s", operation, reg(width), memory());
        break;
    case 2:
        put("%s%c $%d, %s", operation, suffix[width], (int)below(127), memory());
        break;
    case 3:
        put("%s%c %s", below(2) ? "inc" : "dec", suffix[width], memory());
        break;
    case 4:
        put("%s%c %s", below(2) ? "neg" : "not", suffix[width], memory());
        break;
    default:
        put("%s %%%s, %%%s", operation, reg(width), other(width));
    }
}

static void reads_flags(void)
{
    switch (below(4)) {
    case 0:
        put("cmov%s %s, %%%s", conditions[below(16)], memory(), other(2 + (int)below(2)));
        break;
    case 1:
        put("set%s %s", conditions[below(16)], memory());
        break;
    case 2:
        put("set%s %%%s", conditions[below(16)], other(0));
        break;
    default:
        put("adc%c $%d, %s", suffix[below(4)], (int)below(100), memory());
    }
}

static void locked(void)
{
    int width = (int)below(4);
    switch (below(5)) {
    case 0:
        put("lock xadd %%%s, %s", other(width), aligned());
        break;
    case 1:
        put("xchg %%%s, %s", other(width), aligned());
        break;
    case 2:
        if (pointer)
            put("lock cmpxchg %%%s, %s", reg(width), aligned());
        break;
    case 3:
        put("lock inc%c %s", suffix[width], aligned());
        break;
    default:
        put("lock or%c $%d, %s", suffix[width], (int)below(100), aligned());
    }
}

static void vector(bool wide)
{
    int number = (int)below(8);
    switch (below(wide ? 7 : 5)) {
    case 0:
        put("movups %s, %%xmm%d", memory(), number);
        break;
    case 1:
        put("movdqu %%xmm%d, %s", number, memory());
        break;
    case 2:
        put("movq %s, %%xmm%d", memory(), number);
        break;
    case 3:
        put("movd %%xmm%d, %s", number, memory());
        break;
    case 4:
        put("paddd %d(%%r15), %%xmm%d", 3072 + 16 * (int)below(4), number);
        break;
    case 5:
        put("vmovdqu %s, %%ymm%d", memory(), number);
        break;
    default:
        put("vmovdqu %%ymm%d, %s", number, memory());
    }
}

static void string(void)
{
    if (pointer >= 0 && pointer != 3)
        return;
    put("lea 64(%%r15), %%rsi");
    put("lea 256(%%r15), %%rdi");
    put("mov $%d, %%ecx", (int)below(12));
    static const char *const strings[] = {"movs", "stos", "lods"};
    static const char *const repeats[] = {"", "rep "};
    put("%s%s%c", repeats[below(2)], strings[below(3)], suffix[below(4)]);
    if (below(2)) {
        put("lea 300(%%r15), %%rdi");
        put("std");
        put("rep stosb");
        put("cld");
    }
    put("lea 64(%%r15), %%rdi");
    put("mov $9, %%ecx");
    put("repne scasb");
    put("mov $1, %%esi"); /* addresses do not stay in what is compared */
    put("mov $2, %%edi");
}

static void stack(void)
{
    if (leaf)
        return;
    put("push %%%s", reg(3));
    if (below(2))
        put("mov %d(%%rsp), %%%s", 72 + 8 * (int)below(8), other(3));
    if (below(2))
        put("pop %s", "704(%r15)");
    else
        put("pop %%%s", other(3));
    if (below(2)) {
        put("pushq 96(%%r15)");
        put("popq 712(%%r15)");
    }
}

static void odd(void)
{
    switch (below(5)) {
    case 0:
        put("fldt 1200(%%r15)");
        put("fstpt %s", "1232(%r15)");
        break;
    case 1:
        if (pointer)
            put("xor %%eax, %%eax");
        break;
    case 2:
        put("bswap %%%s", other(3));
        break;
    case 3:
        put("bt $3, %%%s", reg(2));
        put("mov $0, %%%s", other(2));
        put("test %%eax, %%eax");
        break;
    default:
        put("lea %d(%%r14,%%r14,4), %%%s", (int)below(100), other(3));
    }
}

/* Variables of the thread. Their distance from the fs base must not stay in what is compared. */
static void of_thread(void)
{
    if (pointer >= 0 && pointer != 3)
        return;
    put("cmp $%d, %%eax", (int)below(100));
    put("mov thread@gottpoff(%%rip), %%rcx");
    put("mov %%fs:8(%%rcx), %%edx");
    put("mov %%eax, %%fs:16(%%rcx,%%r14,2)");
    put("mov %%fs:2(%%rcx), %%dl");
    put("j%s 1f", conditions[below(16)]);
    put("addl $1, %%fs:(%%rcx)");
    put("lock incl %%fs:4(%%rcx,%%r14,4)");
    puts("1:");
    put("mov %%fs:1(%%rcx,%%r14,8), %%dx");
    put("mov $4, %%ecx");
}

/* A pointer into the buffer; its low byte may be written alone, which moves it. */
static void new_pointer(void)
{
    pointer = (int)below(13);
    put("lea 255(%%r15), %%%s", names[3][pointer]);
    put("and $-256, %%%s", names[3][pointer]);
}

static void one(bool wide)
{
    static const uint8_t shares[] = {30, 60, 74, 78, 84, 86, 89, 93, 96, 100};
    uint32_t dice = below(100);
    int kind = 0;
    while (dice >= shares[kind])
        kind++;
    switch (kind) {
    case 0:
        move();
        break;
    case 1:
        arithmetic();
        break;
    case 2:
        reads_flags();
        break;
    case 3:
        locked();
        break;
    case 4:
        vector(wide);
        break;
    case 5:
        string();
        break;
    case 6:
        stack();
        break;
    case 7:
        if (below(3))
            odd();
        else
            of_thread();
        break;
    case 8:
        if (pointer >= 0)
            put("mov $%d, %%%s", 8 * (int)below(16), names[0][pointer]);
        break;
    default:
        new_pointer();
    }
}

/* A switch by a table of distances; its registers hold addresses, which must not be compared. */
static void table(int function, int block)
{
    put("mov %%r14d, %%ecx");
    put("and $1, %%ecx");
    put("lea .Ltable_%d_%d(%%rip), %%rax", function, block);
    put("movslq (%%rax,%%rcx,4), %%rdx");
    put("add %%rax, %%rdx");
    put("mov $3, %%eax");
    put("%sjmp *%%rdx", below(2) ? "notrack " : "");
    printf(".pushsection .rodata\n\t.balign 4\n.Ltable_%d_%d:\n", function, block);
    printf("\t.long .Lcase_%d_%d_0 - .Ltable_%d_%d, .Lcase_%d_%d_1 - .Ltable_%d_%d\n.popsection\n",
           function, block, function, block, function, block, function, block);
    printf(".Lcase_%d_%d_0:\n", function, block);
    put("mov $5, %%edx");
    put("addl $1, 1024(%%r15)");
    put("jmp .Lend_%d_%d", function, block);
    printf(".Lcase_%d_%d_1:\n", function, block);
    put("mov 1028(%%r15), %%edx");
    printf(".Lend_%d_%d:\n", function, block);
}

static void end_block(int function, int block, int blocks)
{
    int forward = block + 1 + (int)below((uint32_t)(blocks - block));
    switch (below(7)) {
    case 0:
    case 1:
        put("j%s .L%d_%d", conditions[below(16)], function, forward);
        break;
    case 2:
        put("jmp .L%d_%d", function, forward);
        put(".balign 16");
        break;
    case 3:
        put("subl $1, 1020(%%r15)");
        put("js .L%d_%d", function, block + 1);
        put("jmp .L%d_%d", function, block - (int)below(2) < 0 ? 0 : block);
        break;
    case 4:
        if (!leaf)
            put("call helper");
        break;
    case 5:
        table(function, block);
        break;
    default:
        break;
    }
    if (below(2))
        pointer = -1;
}

static void write_function(int number, bool wide)
{
    int blocks = 2 + (int)below(7);
    leaf = below(3) == 0;
    pointer = -1;
    printf("\t.globl f%d\n\t.type f%d, @function\n\t.p2align 4\nf%d:\n\t.cfi_startproc\n", number,
           number, number);
    if (below(2))
        put("endbr64");
    if (leaf) {
        for (int i = 0; i < 15; i++)
            put("movq $%d, %d(%%rsp)", (int)below(1000), -120 + 8 * i);
    } else {
        put("sub $512, %%rsp");
        put(".cfi_adjust_cfa_offset 512");
        put("mov %%rsp, %%rdi");
        put("mov $64, %%ecx");
        put("rep stosq");
        put("mov $7, %%edi");
    }
    put("movl $%d, 1020(%%r15)", (int)below(4));
    put("cmp %%eax, %%ecx");
    for (int block = 0; block < blocks; block++) {
        printf(".L%d_%d:\n", number, block);
        pointer = -1; /* who jumps here knows of none */
        for (int i = 3 + (int)below(14); i > 0; i--)
            one(wide);
        if (pointer >= 0)
            put("mov $11, %%%s", names[2][pointer]);
        pointer = -1;
        put("cmp %%%s, %%%s", reg(2), reg(2));
        put("mov %s, %%%s", memory(), reg(2));
        end_block(number, block, blocks);
    }
    printf(".L%d_%d:\n", number, blocks);
    put("pushfq");
    put("popq 4080(%%r15)");
    if (!leaf) {
        put("add $512, %%rsp");
        put(".cfi_adjust_cfa_offset -512");
    }
    put("ret");
    printf("\t.cfi_endproc\n\t.size f%d, . - f%d\n", number, number);
}

int main(int argc, char **argv)
{
    int functions = argc > 1 ? atoi(argv[1]) : 10;
    state = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1) * 0x9e3779b97f4a7c15ull | 1;
    puts("\t.text\n\t.type helper, @function\nhelper:\n\t.cfi_startproc");
    put("mov 1024(%%r15), %%rax");
    put("add %%rax, 1040(%%r15)");
    put("ret");
    puts("\t.cfi_endproc\n\t.size helper, . - helper");
    for (int i = 0; i < functions; i++)
        write_function(i, i >= functions * 9 / 10);
    puts(
        "\t.section .rodata\n\t.globl functions\n\t.type functions, @object\n\t.size functions, 4");
    printf("functions: .long %d\n", functions);
    puts("\t.data\n\t.balign 64\nglobal: .zero 256");
    puts("\t.globl thread\n\t.type thread, @object\n\t.size thread, 256\n\t.section "
         ".tdata,\"awT\",@progbits\n\t.balign 64\nthread: .zero 256");
    puts("\t.section .note.GNU-stack,\"\",@progbits");
    return 0;
}
