/* types.c, built by several compilers at several levels: what each function touches must be told as
   it is declared; where a level leaves no way to know, UNKNOWN, never a weaker word. */
#include "symbol_index.h"
#include "type_word.h"

#include <Zydis/Zydis.h>
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>

static const char *const functions[] = {
    "plain_global",         "plain_element",  "plain_member",   "plain_member_of_element",
    "plain_through_global", "plain_chain",    "plain_loop",     "plain_array_loop",
    "plain_letter",         "plain_out",      "wanted_global",  "wanted_signal",
    "wanted_member",        "wanted_element", "wanted_pointed", "wanted_pair",
    "exact_global",         "exact_member",   "exact_store",    "exact_count",
    "exact_pointed",
};

static enum type_word expected(const char *name)
{
    return !strncmp(name, "plain", 5)    ? TYPE_PLAIN
           : !strncmp(name, "wanted", 6) ? TYPE_VOLATILE
                                         : TYPE_ATOMIC;
}

/* The instruction touches memory that is neither its frame's nor a pointer on the way: its last
   access is what the function is about, in all of them. */
static bool is_access(const ZydisDecodedInstruction *instruction,
                      const ZydisDecodedOperand *operands)
{
    for (unsigned i = 0; i < instruction->operand_count; i++) {
        const ZydisDecodedOperand *operand = &operands[i];
        if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
            operand->mem.type == ZYDIS_MEMOP_TYPE_MEM && operand->mem.base != ZYDIS_REGISTER_RSP &&
            operand->mem.base != ZYDIS_REGISTER_RBP && operand->mem.segment != ZYDIS_REGISTER_FS &&
            instruction->mnemonic != ZYDIS_MNEMONIC_NOP)
            return true;
    }
    return false;
}

/* Size of the function by its dynamic symbol. */
static size_t size_of(void *function)
{
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;
    cr_assert(dladdr1(function, &info, (void **)&symbol, RTLD_DL_SYMENT) && symbol);
    return symbol->st_size;
}

struct answers {
    unsigned asked, known;
};

static void look(struct symbol_file *file, const char *path, void *library, uintptr_t base,
                 const char *name, struct answers *answers)
{
    const uint8_t *code = dlsym(library, name);
    cr_assert(code, "%s in %s", name, path);
    size_t size = size_of((void *)code);
    uint64_t low = (uintptr_t)code - base;
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    enum type_word last = TYPE_UNKNOWN;
    bool any = false;
    for (size_t at = 0; at < size;) {
        ZydisDecodedInstruction instruction;
        ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
        cr_assert(ZYAN_SUCCESS(
            ZydisDecoderDecodeFull(&decoder, code + at, size - at + 15, &instruction, operands)));
        if (is_access(&instruction, operands)) {
            enum type_word word = type_of_operand(file, code, low, low + at);
            any = true;
            /* Loops are vectorised: each copy of the access counts. */
            last = word;
            if (expected(name) > TYPE_PLAIN && word == TYPE_PLAIN &&
                at + instruction.length >= size)
                cr_assert_fail("%s in %s is told as plain", name, path);
        }
        at += instruction.length;
    }
    cr_assert(any, "%s in %s touches nothing", name, path);
    answers->asked++;
    answers->known += last == expected(name);
    if (last == TYPE_UNKNOWN)
        cr_log_info("%s: %s is not known", path, name);
    cr_expect(last == expected(name) || last == TYPE_UNKNOWN, "%s in %s: %d", name, path, last);
}

static void look_through(const char *path, unsigned least)
{
    struct symbol_store *store = symbol_store_create();
    struct module_identity identity = {.path = path};
    struct stat status;
    cr_assert(!stat(path, &status));
    struct symbol_file *file = symbol_file_of(store, &identity);
    cr_assert(symbol_file_ready(file));
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    cr_assert(library, "%s", dlerror());
    struct link_map *map;
    cr_assert(!dlinfo(library, RTLD_DI_LINKMAP, &map));
    struct answers answers = {0};
    for (unsigned i = 0; i < sizeof functions / sizeof functions[0]; i++)
        look(file, path, library, map->l_addr, functions[i], &answers);
    cr_log_info("%s: %u of %u known", path, answers.known, answers.asked);
    cr_expect_geq(answers.known, least, "%s: %u of %u known", path, answers.known, answers.asked);
    cr_expect_eq(type_of_unit(file, (uintptr_t)dlsym(library, functions[0]) - map->l_addr),
                 TYPE_UNKNOWN, "it declares volatile and atomic things");
    symbol_store_destroy(store);
}

Test(type_word, as_declared_without_optimisation)
{
    look_through(TYPES_O0, 21);
}

Test(type_word, as_declared_with_optimisation)
{
    look_through(TYPES_O2, 21);
    look_through(TYPES_O3, 20);
}

Test(type_word, as_declared_for_clang)
{
    look_through(TYPES_CLANG_O0, 21);
    look_through(TYPES_CLANG_O2, 20);
    look_through(TYPES_CLANG_O3, 20);
}
