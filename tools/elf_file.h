/*
 * What `run` wants to know of an ELF file before it starts it: architecture, loader, versions that
 * it defines, sanitizer runtimes. Reads through libelf; the file may be damaged.
 *
 * Used by program.c. Not for use from several threads.
 */
#ifndef HOLDFAST_TOOLS_ELF_FILE_H
#define HOLDFAST_TOOLS_ELF_FILE_H

#include <gelf.h>
#include <stdbool.h>

struct elf_file {
    Elf *elf;
    int fd;
    GElf_Ehdr header;
};

/* 0 or -errno; -ENOEXEC when it is no readable ELF file. elf_close releases what open took. */
int elf_open(struct elf_file *ret, const char *path);
void elf_close(struct elf_file *elf);

/* A name for the architecture where it is not 64-bit x86, else NULL. Valid until the next call. */
const char *elf_other_machine(const struct elf_file *elf);

/* ET_EXEC or ET_DYN with segments: something that the kernel would start. */
bool elf_is_program(const struct elf_file *elf);

/* The loader that the file asks for (PT_INTERP). False when it asks for none: statically linked. */
bool elf_loader(const struct elf_file *elf, char *ret_path, size_t size);

/* Does the file define this symbol version (SHT_GNU_verdef)? */
bool elf_defines_version(const struct elf_file *elf, const char *version);

/* Is name among the dynamic symbols, defined or needed? */
bool elf_names_symbol(const struct elf_file *elf, const char *name);

/* Does it name this library among those that it needs? */
bool elf_needs(const struct elf_file *elf, const char *library);

/* The name of the sanitizer whose runtime is linked in or needed, or NULL. */
const char *elf_sanitizer(const struct elf_file *elf);

#endif
