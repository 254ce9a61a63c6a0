#include "elf_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Runtimes that refuse to run, or break, when another library comes first. UBSan is not among them.
   library: how a needed library's name begins; symbol: what the runtime defines when it is linked
   in statically. Code that is compiled with -fsanitize=thread but not linked with the runtime only
   refers to the symbol. */
static const struct sanitizer {
    const char *name, *library, *symbol;
} sanitizers[] = {
    {"AddressSanitizer", "libasan.so", "__asan_init"},
    {"AddressSanitizer", "libclang_rt.asan", "__asan_init"},
    {"AddressSanitizer", "libhwasan.so", "__hwasan_init"},
    {"AddressSanitizer", "libclang_rt.hwasan", "__hwasan_init"},
    {"ThreadSanitizer", "libtsan.so", "__tsan_init"},
    {"ThreadSanitizer", "libclang_rt.tsan", "__tsan_init"},
    {"LeakSanitizer", "liblsan.so", "__lsan_init"},
    {"LeakSanitizer", "libclang_rt.lsan", "__lsan_init"},
    {"MemorySanitizer", "libmsan.so", "__msan_init"},
    {"MemorySanitizer", "libclang_rt.msan", "__msan_init"},
};
#define SANITIZER_COUNT (sizeof sanitizers / sizeof sanitizers[0])

int elf_open(struct elf_file *ret, const char *path)
{
    elf_version(EV_CURRENT);
    ret->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (ret->fd < 0)
        return -errno;
    ret->elf = elf_begin(ret->fd, ELF_C_READ_MMAP, NULL);
    if (ret->elf && elf_kind(ret->elf) == ELF_K_ELF && gelf_getehdr(ret->elf, &ret->header))
        return 0;
    elf_close(ret);
    return -ENOEXEC;
}

void elf_close(struct elf_file *elf)
{
    elf_end(elf->elf);
    close(elf->fd);
}

const char *elf_other_machine(const struct elf_file *elf)
{
    static const struct machine {
        unsigned number;
        const char *name;
    } machines[] = {{EM_386, "32-bit x86"}, {EM_ARM, "32-bit ARM"},     {EM_AARCH64, "aarch64"},
                    {EM_RISCV, "RISC-V"},   {EM_PPC64, "ppc64"},        {EM_S390, "s390x"},
                    {EM_MIPS, "MIPS"},      {EM_LOONGARCH, "LoongArch"}};
    static char unknown[32];
    if (elf->header.e_machine == EM_X86_64)
        return elf->header.e_ident[EI_CLASS] == ELFCLASS64 ? NULL : "the x32 ABI";
    for (unsigned i = 0; i < sizeof machines / sizeof machines[0]; i++)
        if (machines[i].number == elf->header.e_machine)
            return machines[i].name;
    snprintf(unknown, sizeof unknown, "ELF machine %u", elf->header.e_machine);
    return unknown;
}

bool elf_is_program(const struct elf_file *elf)
{
    return (elf->header.e_type == ET_EXEC || elf->header.e_type == ET_DYN) && elf->header.e_phnum;
}

bool elf_loader(const struct elf_file *elf, char *ret_path, size_t size)
{
    GElf_Phdr segment;
    for (int i = 0; gelf_getphdr(elf->elf, i, &segment); i++) {
        if (segment.p_type != PT_INTERP)
            continue;
        if (!segment.p_filesz || segment.p_filesz >= size)
            return false;
        ssize_t got = pread(elf->fd, ret_path, segment.p_filesz, (off_t)segment.p_offset);
        ret_path[got < 0 ? 0 : got] = '\0';
        return got == (ssize_t)segment.p_filesz;
    }
    return false;
}

/* The first section of a type, with its data; NULL when there is none. */
static Elf_Data *section_data(const struct elf_file *elf, unsigned type, GElf_Shdr *ret_header)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf->elf, section)))
        if (gelf_getshdr(section, ret_header) && ret_header->sh_type == type)
            return elf_getdata(section, NULL);
    return NULL;
}

bool elf_defines_version(const struct elf_file *elf, const char *version)
{
    GElf_Shdr header;
    Elf_Data *data = section_data(elf, SHT_GNU_verdef, &header);
    GElf_Verdef definition;
    int offset = 0;
    while (data && gelf_getverdef(data, offset, &definition)) {
        GElf_Verdaux name;
        if (gelf_getverdaux(data, offset + (int)definition.vd_aux, &name)) {
            const char *text = elf_strptr(elf->elf, header.sh_link, name.vda_name);
            if (text && !strcmp(text, version))
                return true;
        }
        if (!definition.vd_next)
            break;
        offset += (int)definition.vd_next;
    }
    return false;
}

static const char *needed_sanitizer(const struct elf_file *elf)
{
    GElf_Shdr header;
    Elf_Data *data = section_data(elf, SHT_DYNAMIC, &header);
    GElf_Dyn entry;
    for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
        const char *name = entry.d_tag == DT_NEEDED
                               ? elf_strptr(elf->elf, header.sh_link, entry.d_un.d_val)
                               : NULL;
        for (unsigned k = 0; name && k < SANITIZER_COUNT; k++)
            if (!strncmp(name, sanitizers[k].library, strlen(sanitizers[k].library)))
                return sanitizers[k].name;
    }
    return NULL;
}

bool elf_needs(const struct elf_file *elf, const char *library)
{
    GElf_Shdr header;
    Elf_Data *data = section_data(elf, SHT_DYNAMIC, &header);
    GElf_Dyn entry;
    for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
        const char *name = entry.d_tag == DT_NEEDED
                               ? elf_strptr(elf->elf, header.sh_link, entry.d_un.d_val)
                               : NULL;
        if (name && !strcmp(name, library))
            return true;
    }
    return false;
}

/* Is name among the strings of a symbol table? A search through plain bytes, where reading each of
   a browser's symbols would take a second. */
static Elf_Data *symbols_with_name(const struct elf_file *elf, unsigned type, const char *name,
                                   GElf_Shdr *ret_header)
{
    Elf_Data *symbols = section_data(elf, type, ret_header);
    Elf_Scn *strings = symbols ? elf_getscn(elf->elf, ret_header->sh_link) : NULL;
    Elf_Data *text = strings ? elf_getdata(strings, NULL) : NULL;
    size_t length = strlen(name) + 1;
    bool there = text && text->d_buf && text->d_size >= length &&
                 memmem(text->d_buf, text->d_size, name, length);
    return there ? symbols : NULL;
}

bool elf_names_symbol(const struct elf_file *elf, const char *name)
{
    GElf_Shdr header;
    return symbols_with_name(elf, SHT_DYNSYM, name, &header) != NULL;
}

static bool defines_symbol(const struct elf_file *elf, unsigned type, const char *name)
{
    GElf_Shdr header;
    Elf_Data *symbols = symbols_with_name(elf, type, name, &header);
    if (!symbols)
        return false;
    GElf_Sym symbol;
    for (int i = 0; gelf_getsym(symbols, i, &symbol); i++) {
        const char *found = symbol.st_shndx != SHN_UNDEF
                                ? elf_strptr(elf->elf, header.sh_link, symbol.st_name)
                                : NULL;
        if (found && !strcmp(found, name))
            return true;
    }
    return false;
}

const char *elf_sanitizer(const struct elf_file *elf)
{
    const char *needed = needed_sanitizer(elf);
    if (needed)
        return needed;
    for (unsigned i = 0; i < SANITIZER_COUNT; i++)
        if ((i == 0 || strcmp(sanitizers[i].symbol, sanitizers[i - 1].symbol)) &&
            (defines_symbol(elf, SHT_DYNSYM, sanitizers[i].symbol) ||
             defines_symbol(elf, SHT_SYMTAB, sanitizers[i].symbol)))
            return sanitizers[i].name;
    return NULL;
}
