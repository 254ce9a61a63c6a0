#include "interpose/real.h"

#include <dlfcn.h>

#include "state/allocator.h"
#include "state/clock.h"

enum {
#define SYMBOL(name, type) INDEX_##name,
#include "interpose/functions.def"
#undef SYMBOL
    FUNCTION_COUNT
};

static const char *const names[FUNCTION_COUNT] = {
#define SYMBOL(name, type) #name,
#include "interpose/functions.def"
#undef SYMBOL
};

/* early_NAME: push the entry's index, look up what is not yet, go on to the real function with all
   argument registers as they were. */
__asm__(".text\n"
        ".type early_common, @function\n"
        "early_common:\n"
        ".cfi_startproc\n"
        ".cfi_adjust_cfa_offset 8\n"
        "push %rbp\n .cfi_adjust_cfa_offset 8\n .cfi_rel_offset %rbp, 0\n"
        "mov %rsp, %rbp\n .cfi_def_cfa_register %rbp\n"
        "and $-16, %rsp\n"
        "sub $192, %rsp\n"
        "mov %rdi, (%rsp)\n mov %rsi, 8(%rsp)\n mov %rdx, 16(%rsp)\n mov %rcx, 24(%rsp)\n"
        "mov %r8, 32(%rsp)\n mov %r9, 40(%rsp)\n mov %rax, 48(%rsp)\n"
        "movaps %xmm0, 64(%rsp)\n movaps %xmm1, 80(%rsp)\n movaps %xmm2, 96(%rsp)\n"
        "movaps %xmm3, 112(%rsp)\n movaps %xmm4, 128(%rsp)\n movaps %xmm5, 144(%rsp)\n"
        "movaps %xmm6, 160(%rsp)\n movaps %xmm7, 176(%rsp)\n"
        "mov 8(%rbp), %rdi\n"
        "call real_find_for\n"
        "mov 8(%rbp), %r11\n"
        "lea real(%rip), %r10\n"
        "mov (%r10,%r11,8), %r11\n"
        "mov (%rsp), %rdi\n mov 8(%rsp), %rsi\n mov 16(%rsp), %rdx\n mov 24(%rsp), %rcx\n"
        "mov 32(%rsp), %r8\n mov 40(%rsp), %r9\n mov 48(%rsp), %rax\n"
        "movaps 64(%rsp), %xmm0\n movaps 80(%rsp), %xmm1\n movaps 96(%rsp), %xmm2\n"
        "movaps 112(%rsp), %xmm3\n movaps 128(%rsp), %xmm4\n movaps 144(%rsp), %xmm5\n"
        "movaps 160(%rsp), %xmm6\n movaps 176(%rsp), %xmm7\n"
        "mov %rbp, %rsp\n pop %rbp\n .cfi_def_cfa %rsp, 16\n"
        "add $8, %rsp\n .cfi_adjust_cfa_offset -8\n"
        "jmp *%r11\n"
        ".cfi_endproc\n"
        ".size early_common, . - early_common\n");

/* The index must be a literal in the assembly: an assembler symbol per entry counts them. */
__asm__(".set stub_number, 0\n");
#define SYMBOL(name, type)                                                                         \
    void early_##name(void) __attribute__((visibility("hidden")));                                 \
    __asm__(".text\n.globl early_" #name "\n.hidden early_" #name "\n.type early_" #name           \
            ", @function\nearly_" #name ":\n.cfi_startproc\npush $stub_number\n"                   \
            ".cfi_adjust_cfa_offset 8\njmp early_common\n.cfi_endproc\n.size early_" #name         \
            ", . - early_" #name "\n.set stub_number, stub_number + 1\n");
#include "interpose/functions.def"
#undef SYMBOL

/* A function that does not exist in this process keeps its stub, so real_is_there() must be asked
   first wherever that can be (C++ operators without libstdc++). */
struct real real = {
#define SYMBOL(name, type) .name = (__typeof__(type) *)early_##name,
#include "interpose/functions.def"
#undef SYMBOL
};

static void *const early[FUNCTION_COUNT] = {
#define SYMBOL(name, type) (void *)early_##name,
#include "interpose/functions.def"
#undef SYMBOL
};

bool real_is_there(const void *entry)
{
    for (int i = 0; i < FUNCTION_COUNT; i++)
        if (early[i] == entry)
            return false;
    return true;
}

static void find(uint64_t index)
{
    void **entries = (void **)&real, *next = dlsym(RTLD_NEXT, names[index]);
    if (next)
        __atomic_store_n(&entries[index], next, __ATOMIC_RELEASE);
}

static struct code_range range_of(const struct dl_find_object *object)
{
    uintptr_t start = (uintptr_t)object->dlfo_map_start;
    return (struct code_range){start, (uintptr_t)object->dlfo_map_end - start};
}

static void find_allocator(void)
{
    struct dl_find_object theirs, libc, ours;
    if (_dl_find_object((void *)real.malloc, &theirs) ||
        _dl_find_object((void *)real.read, &libc) || theirs.dlfo_link_map == libc.dlfo_link_map)
        return;
    allocator = range_of(&theirs);
    if (!_dl_find_object((void *)find_allocator, &ours))
        above_allocator = range_of(&ours);
}

static int begun;

void real_find(void)
{
    if (__atomic_exchange_n(&begun, 1, __ATOMIC_RELAXED))
        return;
    for (uint64_t i = 0; i < FUNCTION_COUNT; i++)
        find(i);
    if (real_is_there((void *)real.clock_gettime))
        clock_real = real.clock_gettime;
    find_allocator();
}

/* dlsym of a name that is nowhere formats an error, and an allocator behind us that is called for
   it the first time may call what is not looked up yet, with its own locks held. We come here again
   from within: then only the one that is called is looked up, which is there, so that no second
   error asks for memory. */
void real_find_for(uint64_t index)
{
    if (__atomic_load_n(&begun, __ATOMIC_RELAXED))
        find(index);
    else
        real_find();
}
