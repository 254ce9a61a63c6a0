/*
 * The file of a module, mapped; its segments as the loader would lay them. The file may be damaged,
 * or made to deceive: every size is checked before it is believed.
 */
#include "scan.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE       4096u
#define TEXT_LIMIT 0x70000000u /* moved code lies behind it and reaches all of it by rel32 */

bool module_refuse(const struct module *module, const char *why)
{
    fprintf(stderr, "%s: %s\n", module->path, why);
    return false;
}

const struct segment *module_segment(const struct module *module, uint64_t address)
{
    for (uint32_t i = 0; i < module->segment_count; i++)
        if (address - module->segments[i].start <
            module->segments[i].end - module->segments[i].start)
            return &module->segments[i];
    return NULL;
}

struct reader module_reader(const struct module *module, uint64_t address)
{
    const struct segment *segment = module_segment(module, address);
    if (!segment || address >= segment->file_end)
        return (struct reader){.at = module->file, .end = module->file, .address = address};
    return (struct reader){.at = segment->bytes + (address - segment->start),
                           .end = segment->bytes + (segment->file_end - segment->start),
                           .address = address};
}

bool module_is_constant(const struct module *module, uint64_t address)
{
    const struct segment *segment = module_segment(module, address);
    return (segment && !segment->writable) ||
           address - module->relro_start < module->relro_end - module->relro_start;
}

uint64_t module_section(const struct module *module, const char *name)
{
    Elf64_Ehdr elf;
    Elf64_Shdr names, section;
    size_t size = strlen(name) + 1;
    memcpy(&elf, module->file, sizeof elf);
    if (elf.e_shentsize != sizeof section || elf.e_shoff > module->file_size ||
        elf.e_shnum > (module->file_size - elf.e_shoff) / sizeof section ||
        elf.e_shstrndx >= elf.e_shnum)
        return 0;
    const uint8_t *headers = module->file + elf.e_shoff;
    memcpy(&names, headers + elf.e_shstrndx * sizeof names, sizeof names);
    for (unsigned i = 0; i < elf.e_shnum && names.sh_offset <= module->file_size; i++) {
        memcpy(&section, headers + i * sizeof section, sizeof section);
        uint64_t left = module->file_size - names.sh_offset;
        if (section.sh_name <= left && left - section.sh_name >= size &&
            !memcmp(module->file + names.sh_offset + section.sh_name, name, size))
            return section.sh_addr;
    }
    return 0;
}

void module_code_sections(const struct module *module,
                          void (*found)(void *arg, uint64_t start, uint64_t end), void *arg)
{
    Elf64_Ehdr elf;
    bool any = false;
    memcpy(&elf, module->file, sizeof elf);
    if (elf.e_shentsize == sizeof(Elf64_Shdr) && elf.e_shoff <= module->file_size &&
        elf.e_shnum <= (module->file_size - elf.e_shoff) / sizeof(Elf64_Shdr))
        for (unsigned i = 0; i < elf.e_shnum; i++) {
            Elf64_Shdr section;
            memcpy(&section, module->file + elf.e_shoff + i * sizeof section, sizeof section);
            if (!(section.sh_flags & SHF_EXECINSTR) || !section.sh_size ||
                section.sh_size > text_size(module))
                continue;
            found(arg, section.sh_addr, section.sh_addr + section.sh_size);
            any = true;
        }
    for (uint32_t i = 0; !any && i < module->segment_count; i++)
        if (module->segments[i].executable)
            found(arg, module->segments[i].start, module->segments[i].file_end);
}

static bool map_file(struct module *module)
{
    struct stat info;
    int fd = open(module->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return module_refuse(module, "cannot be opened");
    if (fstat(fd, &info) || !S_ISREG(info.st_mode) || info.st_size < (off_t)sizeof(Elf64_Ehdr)) {
        close(fd);
        return module_refuse(module, "is not an ELF file");
    }
    module->file_size = (size_t)info.st_size;
    module->file_mtime =
        (uint64_t)info.st_mtim.tv_sec * 1000000000u + (uint64_t)info.st_mtim.tv_nsec;
    const void *bytes = mmap(NULL, module->file_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return module_refuse(module, "cannot be mapped");
    module->file = bytes;
    return true;
}

static void note_build_id(struct module *module, const Elf64_Phdr *header)
{
    struct reader note = {.at = module->file + header->p_offset,
                          .end = module->file + header->p_offset + header->p_filesz};
    uint64_t align = header->p_align == 8 ? 7 : 3;
    while (!note.bad && note.at < note.end) {
        uint64_t name_size = reader_number(&note, 4), size = reader_number(&note, 4);
        uint64_t type = reader_number(&note, 4);
        const uint8_t *name = note.at;
        reader_skip(&note, (name_size + align) & ~align);
        const uint8_t *bytes = note.at;
        reader_skip(&note, (size + align) & ~align);
        if (note.bad || type != NT_GNU_BUILD_ID || name_size != 4 || memcmp(name, "GNU", 4))
            continue;
        module->build_id_size =
            size < sizeof module->build_id ? (uint32_t)size : (uint32_t)sizeof module->build_id;
        memcpy(module->build_id, bytes, module->build_id_size);
        return;
    }
}

static bool add_segment(struct module *module, const Elf64_Phdr *header)
{
    if (!header->p_memsz)
        return true;
    if (header->p_filesz > header->p_memsz || header->p_vaddr >> 47 || header->p_memsz >> 46 ||
        (header->p_vaddr - header->p_offset) % PAGE ||
        module->segment_count == sizeof module->segments / sizeof module->segments[0] ||
        (module->segment_count &&
         header->p_vaddr < module->segments[module->segment_count - 1].end))
        return module_refuse(module, "has segments that are not understood");
    struct segment segment = {.start = header->p_vaddr,
                              .end = header->p_vaddr + header->p_memsz,
                              .file_end = header->p_vaddr + header->p_filesz,
                              .bytes = module->file + header->p_offset,
                              .writable = header->p_flags & PF_W,
                              .executable = header->p_flags & PF_X};
    if (segment.executable && segment.writable)
        return module_refuse(module, "has code that is writable");
    module->segments[module->segment_count++] = segment;
    if (!segment.executable)
        return true;
    if (!module->text_end)
        module->text_start = segment.start & ~(uint64_t)(PAGE - 1);
    module->text_end = (segment.end + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    return true;
}

static bool read_segments(struct module *module)
{
    Elf64_Ehdr elf;
    memcpy(&elf, module->file, sizeof elf);
    if (memcmp(elf.e_ident, ELFMAG, SELFMAG) || elf.e_ident[EI_CLASS] != ELFCLASS64 ||
        elf.e_machine != EM_X86_64 || (elf.e_type != ET_EXEC && elf.e_type != ET_DYN) ||
        elf.e_phentsize != sizeof(Elf64_Phdr) || elf.e_phoff > module->file_size ||
        elf.e_phnum > (module->file_size - elf.e_phoff) / sizeof(Elf64_Phdr))
        return module_refuse(module, "is not a program or library for x86-64");
    module->position_independent = elf.e_type == ET_DYN;
    for (unsigned i = 0; i < elf.e_phnum; i++) {
        Elf64_Phdr header;
        memcpy(&header, module->file + elf.e_phoff + i * sizeof header, sizeof header);
        if (header.p_offset > module->file_size ||
            header.p_filesz > module->file_size - header.p_offset)
            return module_refuse(module, "is cut off");
        if (header.p_type == PT_LOAD && !add_segment(module, &header))
            return false;
        if (header.p_type == PT_GNU_RELRO && header.p_memsz <= UINT64_MAX - header.p_vaddr) {
            module->relro_start = header.p_vaddr;
            module->relro_end = header.p_vaddr + header.p_memsz;
        }
        if (header.p_type == PT_NOTE && !module->build_id_size)
            note_build_id(module, &header);
    }
    if (!module->text_end)
        return module_refuse(module, "has no code");
    if (text_size(module) > TEXT_LIMIT)
        return module_refuse(module, "has more code than can be reached");
    return true;
}

/* Text as the loader maps it: whole pages of the file. */
static bool map_text(struct module *module)
{
    int fd = open(module->path, O_RDONLY | O_CLOEXEC);
    uint8_t *text = mmap(NULL, text_size(module), PROT_READ,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    bool mapped = fd >= 0 && text != MAP_FAILED;
    if (text != MAP_FAILED)
        module->text = text;
    for (uint32_t i = 0; mapped && i < module->segment_count; i++) {
        const struct segment *segment = &module->segments[i];
        uint64_t start = segment->start & ~(uint64_t)(PAGE - 1);
        if (!segment->executable || segment->file_end == segment->start)
            continue;
        mapped =
            mmap(text + (start - module->text_start), segment->file_end - start, PROT_READ,
                 MAP_PRIVATE | MAP_FIXED, fd,
                 (segment->bytes - module->file) - (off_t)(segment->start - start)) != MAP_FAILED;
    }
    if (fd >= 0)
        close(fd);
    return mapped || module_refuse(module, "cannot be mapped");
}

/* Relocations in text: its bytes in memory are not those of the file. */
static bool relocates_text(const struct module *module)
{
    uint64_t value;
    return module_dynamic(module, DT_TEXTREL, &value) ||
           (module_dynamic(module, DT_FLAGS, &value) && value & DF_TEXTREL);
}

bool module_open(struct module *module, const char *path)
{
    *module = (struct module){.path = path};
    if (!map_file(module) || !read_segments(module) || !map_text(module))
        return false;
    if (relocates_text(module))
        return module_refuse(module, "has code that the loader changes");
    return module_functions(module);
}

void module_close(struct module *module)
{
    if (module->file)
        munmap((void *)module->file, module->file_size);
    if (module->text)
        munmap((void *)module->text, text_size(module));
    free(module->functions);
    free(module->insns);
    free(module->starts);
    free(module->before);
    free(module->leaders);
    free(module->data);
    *module = (struct module){.path = module->path};
}
