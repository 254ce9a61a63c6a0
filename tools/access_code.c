#include "access_code.h"
#include "symbol_index.h"
#include <Zydis/Zydis.h>
#include <string.h>

/* ---- the instruction ---- */

/* The bytes of a module's file from address on, as far as its segment goes; NULL: none. */
static const uint8_t *code_at(struct symbol_file *file, uint64_t address, size_t *ret_size)
{
    GElf_Addr bias;
    Elf *elf = dwfl_module_getelf(file->module, &bias);
    size_t count, file_size;
    const char *bytes = elf ? elf_rawfile(elf, &file_size) : NULL;
    if (!bytes || elf_getphdrnum(elf, &count))
        return NULL;
    address -= bias;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD ||
            !(header.p_flags & PF_X) || address < header.p_vaddr ||
            address - header.p_vaddr >= header.p_filesz)
            continue;
        uint64_t offset = address - header.p_vaddr + header.p_offset;
        if (offset >= file_size)
            return NULL;
        uint64_t left = header.p_filesz - (address - header.p_vaddr);
        *ret_size = left < file_size - offset ? left : file_size - offset;
        return (const uint8_t *)bytes + offset;
    }
    return NULL;
}

static bool is_move(const ZydisDecodedInstruction *instruction)
{
    switch (instruction->meta.category) {
    case ZYDIS_CATEGORY_DATAXFER:
        return instruction->mnemonic != ZYDIS_MNEMONIC_XCHG &&
               !(instruction->attributes & ZYDIS_ATTRIB_HAS_LOCK);
    default:
        /* A comparison or an operation with a register loads; vector moves are of other categories.
         */
        return false;
    }
}

/* ---- what becomes of a load ---- */

/* Instructions that a load's value is followed for. */
#define FOLLOWED 12u

static bool is_conditional_move(const ZydisDecodedInstruction *instruction)
{
    return instruction->meta.category == ZYDIS_CATEGORY_CMOV;
}

static ZydisRegister whole(ZydisRegister reg)
{
    return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg);
}

/* Does the operand name the register, as what is loaded, stored or counted with? */
static bool names(const ZydisDecodedOperand *operand, ZydisRegister reg)
{
    if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER)
        return whole(operand->reg.value) == reg;
    return operand->type == ZYDIS_OPERAND_TYPE_MEMORY &&
           (whole(operand->mem.base) == reg || whole(operand->mem.index) == reg);
}

/* Is the first that uses the register, in straight code, a cmov? Compilers make one of `c ? x : 0`
   and then load x in any case. */
static bool is_chosen(const ZydisDecoder *decoder, const uint8_t *code, size_t size,
                      ZydisRegister reg)
{
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    for (unsigned i = 0; i < FOLLOWED; i++) {
        if (ZYAN_FAILED(ZydisDecoderDecodeFull(decoder, code, size, &instruction, operands)))
            return false;
        for (unsigned k = 0; k < instruction.operand_count; k++)
            if (names(&operands[k], reg))
                return is_conditional_move(&instruction);
        if (instruction.meta.branch_type != ZYDIS_BRANCH_TYPE_NONE)
            return false;
        code += instruction.length;
        size -= instruction.length;
    }
    return false;
}

static void set_instruction(const uint8_t *code, size_t size, struct access_code *ret)
{
    ZydisDecoder decoder;
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    if (ZYAN_FAILED(ZydisDecoderDecodeFull(&decoder, code, size, &instruction, operands)))
        return;
    bool reads = false, writes = false;
    for (unsigned i = 0; i < instruction.operand_count; i++) {
        const ZydisDecodedOperand *operand = &operands[i];
        if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY ||
            operand->mem.type == ZYDIS_MEMOP_TYPE_AGEN ||
            operand->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN)
            continue;
        ret->decoded = true;
        reads |= operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
        writes |= operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
        ret->size = operand->size / 8;
    }
    bool lock = instruction.attributes & ZYDIS_ATTRIB_HAS_LOCK;
    ret->locked = lock || (instruction.mnemonic == ZYDIS_MNEMONIC_XCHG && ret->decoded);
    ret->move = ret->decoded && is_move(&instruction) && reads != writes;
    if (instruction.meta.category == ZYDIS_CATEGORY_STRINGOP)
        ret->size = 0;
    if (is_conditional_move(&instruction))
        ret->speculative = reads;
    else if (ret->move && reads && operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER)
        ret->speculative = is_chosen(&decoder, code + instruction.length, size - instruction.length,
                                     whole(operands[0].reg.value));
}

/* ---- the functions and lines around it ---- */

static bool has(const char *text, const char *part)
{
    return text && strstr(text, part);
}

static bool starts(const char *text, const char *prefix)
{
    return text && !strncmp(text, prefix, strlen(prefix));
}

/* "std::atomic<int>::load(std::memory_order) const", with or without an ABI's namespace. */
static bool is_operation(const struct frame *frame)
{
    static const char *const functions[] = {
        "std::atomic<",           "std::__atomic_base<",     "std::__atomic_impl::",
        "std::atomic_flag::",     "std::__1::atomic<",       "std::__1::__atomic_base<",
        "std::__1::__cxx_atomic", "std::__1::atomic_flag::", "boost::atomics::",
        "core::sync::atomic::",   "std::sync::atomic::",     "<core::sync::atomic::"};
    static const char *const files[] = {"/bits/atomic_base.h", "/core/src/sync/atomic.rs",
                                        "/c++/v1/__atomic/", "/c++/v1/atomic"};
    for (unsigned i = 0; i < sizeof functions / sizeof functions[0]; i++)
        if (starts(frame->function, functions[i]))
            return true;
    for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++)
        if (has(frame->file, files[i]))
            return true;
    return false;
}

bool access_line_names_atomic(const char *line)
{
    static const char *const words[] = {
        "atomic",        "Atomic",       "ATOMIC",       "__sync_",     "READ_ONCE", "WRITE_ONCE",
        "ACCESS_ONCE",   "LOAD_ONCE",    "STORE_ONCE",   ".load(",      ".store(",   "->load(",
        "->store(",      "memory_order", "fetch_add(",   "Interlocked", "volatile",  "load_acquire",
        "store_release", "LoadAcquire",  "StoreRelease", "rcu_",        "smp_load",  "smp_store"};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(line, words[i]))
            return true;
    return false;
}

/* OpenMP says it in the line before: "#pragma omp atomic", "!$omp atomic". */
static bool pragma_before(struct sources *sources, const struct frame *frame)
{
    const char *line = frame->line > 1 ? source_text(sources, frame->file, frame->line - 1,
                                                     frame_module_mtime(frame))
                                       : NULL;
    return line && (starts(line, "#pragma omp") || starts(line, "!$omp")) && has(line, "atomic");
}

/* "ring::atomic_get<long>(std::atomic<long>&)": of what is called, not of its arguments. */
static bool is_named_atomic(const char *function)
{
    char name[256];
    size_t size = strcspn(function, "<(");
    size = size < sizeof name ? size : sizeof name - 1;
    memcpy(name, function, size);
    name[size] = 0;
    return access_line_names_atomic(name);
}

/* The line that the access itself stands on, and the names of the functions that it was inlined
   from. Not the lines of their calls: an atomic operation that they name is a neighbour. */
static void set_frames(const struct trace *trace, struct sources *sources, struct access_code *ret)
{
    for (unsigned i = 0; i < trace->count; i++) {
        const struct frame *frame = &trace->frames[i];
        ret->in_operation |= is_operation(frame);
        if (frame->function && (!i || frame->inlined))
            ret->names_atomic |= is_named_atomic(frame->function);
        if (!i) {
            const char *line =
                source_text(sources, frame->file, frame->line, frame_module_mtime(frame));
            ret->line_read = line;
            ret->names_atomic |=
                line && (access_line_names_atomic(line) || pragma_before(sources, frame));
        }
        if (!frame->inlined)
            break;
    }
}

/* ---- */

static void set_type(struct symbol_file *file, uint64_t address, struct access_code *ret)
{
    Dwarf_Die function;
    uint64_t low;
    size_t size;
    if (symbol_function_at(file, address, &function, &low)) {
        const uint8_t *code = code_at(file, low, &size);
        if (code && size > address - low + 15)
            ret->type = type_of_operand(file, code, low, address);
    }
    if (ret->type == TYPE_UNKNOWN)
        ret->type = type_of_unit(file, address);
}

void access_code_of(const struct trace *trace, struct sources *sources, struct access_code *ret)
{
    *ret = (struct access_code){.type = TYPE_UNKNOWN};
    if (!trace || !trace->count || !trace->frames[0].module)
        return;
    const struct frame *frame = &trace->frames[0];
    struct symbol_file *file = frame->module->symbols;
    size_t size;
    set_frames(trace, sources, ret);
    if (!file || !symbol_file_ready(file))
        return;
    const uint8_t *code = code_at(file, frame->offset, &size);
    if (code)
        set_instruction(code, size, ret);
    set_type(file, frame->offset, ret);
}
