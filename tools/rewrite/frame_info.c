/*
 * Which code functions are made of, by .eh_frame: it covers what compilers made, and nothing that
 * is not code. Found through .eh_frame_hdr (its table, or where that has none a walk), else by the
 * section's name.
 */
#include "scan.h"
#include <stdlib.h>

struct cie {
    uint64_t address;
    unsigned pointers, handlers; /* encodings */
    bool augmented, understood;
};

/* One FDE's view of its CIE; consecutive FDEs mostly share theirs. */
static void read_cie(const struct module *module, uint64_t address, struct cie *cie)
{
    struct reader reader = module_reader(module, address);
    *cie = (struct cie){.address = address, .handlers = ENCODING_OMIT};
    uint64_t length = reader_number(&reader, 4);
    if (length < 0xfffffff0 && length < (uint64_t)(reader.end - reader.at))
        reader.end = reader.at + length;
    uint64_t id = reader_number(&reader, 4), version = reader_number(&reader, 1);
    const char *augmentation = (const char *)reader.at;
    while (reader_number(&reader, 1))
        ;
    if (reader.bad || id || (version != 1 && version != 3))
        return;
    reader_leb(&reader, false);
    reader_leb(&reader, true);
    if (version == 1)
        reader_number(&reader, 1);
    else
        reader_leb(&reader, false);
    cie->augmented = *augmentation == 'z';
    if (cie->augmented)
        reader_leb(&reader, false);
    for (const char *letter = augmentation + cie->augmented; *letter; letter++) {
        if (*letter == 'R') {
            cie->pointers = (unsigned)reader_number(&reader, 1);
        } else if (*letter == 'L') {
            cie->handlers = (unsigned)reader_number(&reader, 1);
        } else if (*letter == 'P') {
            unsigned encoding = (unsigned)reader_number(&reader, 1);
            reader_encoded(&reader, encoding & ~(unsigned)ENCODING_INDIRECT);
        } else if (*letter != 'S' && *letter != 'B') {
            return;
        }
    }
    cie->understood = !reader.bad;
}

/* Do the rules of an FDE begin where its code does with those of a function that was just called?
   (Cold parts begin with the frame of the function that they are a part of.) */
static bool begins_fresh(struct reader rules)
{
    while (rules.at < rules.end && !rules.bad) {
        unsigned op = (unsigned)reader_number(&rules, 1);
        if (op == 7 || op == 8) /* undefined, same_value: _start has no caller */
            reader_leb(&rules, false);
        if (op == 0 || op == 7 || op == 8)
            continue;
        return op == 1 || (op >= 2 && op <= 4) || op >> 6 == 1; /* set_loc, advance_loc */
    }
    return true;
}

static void read_fde(struct module *module, uint64_t address, struct cie *cie)
{
    struct reader reader = module_reader(module, address);
    uint64_t length = reader_number(&reader, 4), place = reader.address;
    if (reader.bad || length < 8 || length > (uint64_t)(reader.end - reader.at) ||
        length >= 0xfffffff0)
        return;
    reader.end = reader.at + length;
    uint64_t back = reader_number(&reader, 4);
    if (!back)
        return;
    if (cie->address != place - back || !cie->understood)
        read_cie(module, place - back, cie);
    if (!cie->understood)
        return;
    uint64_t start = reader_encoded(&reader, cie->pointers);
    uint64_t size = reader_encoded(&reader, cie->pointers & 15), handlers = 0;
    if (cie->augmented) {
        uint64_t skip = reader_leb(&reader, false);
        struct reader rest = reader;
        handlers = reader_encoded(&rest, cie->handlers);
        reader_skip(&reader, skip);
    }
    uint32_t offset = text_offset(module, start);
    const struct segment *segment = module_segment(module, start);
    if (reader.bad || !size || offset == NO_TARGET || !segment->executable ||
        size > segment->file_end - start)
        return;
    module->functions[module->function_count++] = (struct function){.start = offset,
                                                                    .end = offset + (uint32_t)size,
                                                                    .handlers = handlers,
                                                                    .fresh = begins_fresh(reader)};
}

static bool make_room(struct module *module, uint64_t count)
{
    module->functions = calloc(count + 1, sizeof *module->functions);
    return module->functions || module_refuse(module, "needs more memory than there is");
}

/* .eh_frame from its start; count: how many FDEs make_room made room for. NULL walk: only count. */
static uint64_t walk_frames(struct module *module, uint64_t address, bool add)
{
    struct reader reader = module_reader(module, address);
    struct cie cie = {0};
    uint64_t count = 0;
    while (reader.end - reader.at >= 8) {
        uint64_t at = reader.address, length = reader_number(&reader, 4);
        if (!length || length >= 0xfffffff0 || length < 4)
            break;
        struct reader id = reader;
        reader_skip(&reader, length);
        if (!reader_number(&id, 4))
            continue;
        count++;
        if (add)
            read_fde(module, at, &cie);
    }
    return count;
}

static uint64_t frames_header(const struct module *module)
{
    Elf64_Ehdr elf;
    memcpy(&elf, module->file, sizeof elf);
    for (unsigned i = 0; i < elf.e_phnum; i++) {
        Elf64_Phdr header;
        memcpy(&header, module->file + elf.e_phoff + i * sizeof header, sizeof header);
        if (header.p_type == PT_GNU_EH_FRAME)
            return header.p_vaddr;
    }
    return 0;
}

/* The table of .eh_frame_hdr: pairs of 32 bits, relative to the header. */
static bool read_table(struct module *module, uint64_t header, uint64_t *ret_frames)
{
    struct reader reader = module_reader(module, header);
    unsigned version = (unsigned)reader_number(&reader, 1);
    unsigned frames = (unsigned)reader_number(&reader, 1);
    unsigned counts = (unsigned)reader_number(&reader, 1);
    unsigned entries = (unsigned)reader_number(&reader, 1);
    *ret_frames = reader_encoded(&reader, frames);
    if (reader.bad || version != 1 || counts != 3 || entries != 0x3b)
        return false;
    uint64_t count = reader_number(&reader, 4);
    if (!count || count > (uint64_t)(reader.end - reader.at) / 8 || !make_room(module, count))
        return false;
    struct cie cie = {0};
    for (uint64_t i = 0; i < count; i++) {
        reader_skip(&reader, 4);
        read_fde(module, header + (uint64_t)(int32_t)reader_number(&reader, 4), &cie);
    }
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct function *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

/* Sorted, each byte in one function at most. */
static void put_in_order(struct module *module)
{
    uint32_t kept = 0;
    struct function *functions = module->functions;
    qsort(functions, module->function_count, sizeof *functions, by_start);
    for (uint32_t i = 0; i < module->function_count; i++) {
        if (kept && functions[kept - 1].start == functions[i].start)
            kept--;
        if (kept && functions[kept - 1].end > functions[i].start)
            functions[kept - 1].end = functions[i].start;
        functions[kept] = functions[i];
        functions[kept].group = kept;
        kept++;
    }
    module->function_count = kept;
    for (uint32_t i = 0; i < kept; i++)
        module->covered_bytes += functions[i].end - functions[i].start;
}

bool module_functions(struct module *module)
{
    uint64_t header = frames_header(module), frames = 0;
    if (!header || !read_table(module, header, &frames)) {
        frames = frames ? frames : module_section(module, ".eh_frame");
        free(module->functions);
        module->functions = NULL;
        module->function_count = 0;
        /* None: there is an image all the same, of nothing, so that nobody asks for it again. */
        uint64_t count = frames ? walk_frames(module, frames, false) : 0;
        if (!make_room(module, count))
            return false;
        if (count)
            walk_frames(module, frames, true);
    }
    put_in_order(module);
    return true;
}

struct function *function_at(const struct module *module, uint32_t offset)
{
    uint32_t low = 0, high = module->function_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (module->functions[middle].end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < module->function_count && module->functions[low].start <= offset
               ? &module->functions[low]
               : NULL;
}

/* The LSDA as gcc and clang write it for C++, Ada, Rust and the rest (Itanium C++ ABI, level II).
 */
void function_landing_pads(const struct module *module, const struct function *function,
                           void (*found)(void *arg, uint64_t start, uint64_t end, uint64_t pad),
                           void *arg)
{
    if (!function->handlers)
        return;
    struct reader reader = module_reader(module, function->handlers);
    uint64_t start = module->text_start + function->start, pads = start;
    unsigned encoding = (unsigned)reader_number(&reader, 1);
    if (encoding != ENCODING_OMIT)
        pads = reader_encoded(&reader, encoding & ~(unsigned)ENCODING_INDIRECT);
    if (reader_number(&reader, 1) != ENCODING_OMIT)
        reader_leb(&reader, false);
    encoding = (unsigned)reader_number(&reader, 1);
    uint64_t size = reader_leb(&reader, false);
    if (reader.bad || encoding == ENCODING_OMIT)
        return;
    if (size < (uint64_t)(reader.end - reader.at))
        reader.end = reader.at + size;
    while (reader.at < reader.end && !reader.bad) {
        uint64_t from = reader_encoded(&reader, encoding & 15);
        uint64_t length = reader_encoded(&reader, encoding & 15);
        uint64_t pad = reader_encoded(&reader, encoding & 15);
        reader_leb(&reader, false);
        if (pad && !reader.bad)
            found(arg, start + from, start + from + length, pads + pad);
    }
}
