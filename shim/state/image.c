#include "state/image.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/syscall.h"
#include "state/readable.h"

#define HEAD_SIZE 1024u /* ELF header and 17 program headers; a script's first line */
#define SCRIPTS   4     /* the kernel follows that many interpreters */

static bool read_at(long fd, void *to, size_t size, uint64_t offset)
{
    return raw_syscall(SYS_pread64, fd, to, size, offset) == (long)size;
}

/* File offset of an address in the file's own view, 0 when it has none. */
static uint64_t offset_of(const Elf64_Phdr *phdr, unsigned count, uint64_t address)
{
    for (unsigned i = 0; i < count; i++)
        if (phdr[i].p_type == PT_LOAD && address - phdr[i].p_vaddr < phdr[i].p_filesz)
            return address - phdr[i].p_vaddr + phdr[i].p_offset;
    return 0;
}

static enum image image_with_library(const char *name)
{
    if (text_equal(name, "libtsan.so.2"))
        return IMAGE_THREAD_SANITIZER;
    static const char *const prefixes[] = {"libasan.so",      "libtsan.so",   "liblsan.so",
                                           "libmsan.so",      "libhwasan.so", "libclang_rt.asan",
                                           "libclang_rt.tsan"};
    for (unsigned i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (text_starts(name, prefixes[i]))
            return IMAGE_SANITIZER;
    return IMAGE_WATCHABLE;
}

/* What we need of a file's dynamic section: offsets in the file, 0 = not there. */
struct dynamic {
    uint64_t strings, symbols, hash;
    uint64_t needed[32]; /* offsets in strings */
    unsigned needed_count;
};

static bool read_dynamic(long fd, const Elf64_Phdr *phdr, unsigned count, const Elf64_Phdr *own,
                         struct dynamic *ret)
{
    Elf64_Dyn entries[32];
    *ret = (struct dynamic){.strings = 0};
    for (uint64_t at = 0; at < own->p_filesz && at < 64 * sizeof entries; at += sizeof entries) {
        size_t size = own->p_filesz - at < sizeof entries ? own->p_filesz - at : sizeof entries;
        if (!read_at(fd, entries, size, own->p_offset + at))
            return false;
        for (unsigned i = 0; i < size / sizeof entries[0] && entries[i].d_tag != DT_NULL; i++) {
            if (entries[i].d_tag == DT_NEEDED && ret->needed_count < 32)
                ret->needed[ret->needed_count++] = entries[i].d_un.d_val;
            else if (entries[i].d_tag == DT_STRTAB)
                ret->strings = offset_of(phdr, count, entries[i].d_un.d_ptr);
            else if (entries[i].d_tag == DT_SYMTAB)
                ret->symbols = offset_of(phdr, count, entries[i].d_un.d_ptr);
            else if (entries[i].d_tag == DT_GNU_HASH)
                ret->hash = offset_of(phdr, count, entries[i].d_un.d_ptr);
        }
    }
    return ret->strings != 0;
}

/* gcc's runtimes are libraries among the needed ones. */
static enum image image_by_needed(long fd, const struct dynamic *dynamic)
{
    for (unsigned i = 0; i < dynamic->needed_count; i++) {
        char name[32];
        long size = raw_syscall(SYS_pread64, fd, name, sizeof name - 1,
                                dynamic->strings + dynamic->needed[i]);
        if (size <= 0)
            continue;
        name[size] = '\0';
        enum image image = image_with_library(name);
        if (image != IMAGE_WATCHABLE)
            return image;
    }
    return IMAGE_WATCHABLE;
}

static bool symbol_is(long fd, const struct dynamic *dynamic, uint64_t index, const char *name)
{
    Elf64_Sym symbol;
    char found[32] = "";
    return read_at(fd, &symbol, sizeof symbol, dynamic->symbols + index * sizeof symbol) &&
           symbol.st_shndx != SHN_UNDEF &&
           raw_syscall(SYS_pread64, fd, found, sizeof found - 1,
                       dynamic->strings + symbol.st_name) > 0 &&
           text_equal(found, name);
}

/* Looks up what the file itself defines in its DT_GNU_HASH table: a Bloom filter, which nearly
   always has the answer, buckets, and chains of hashes whose lowest bit marks the last. */
static bool defines(long fd, const struct dynamic *dynamic, const char *name)
{
    struct {
        uint32_t buckets, first, words, shift;
    } table;
    uint32_t hash = 5381, at, chained;
    uint64_t word;
    for (const char *c = name; *c; c++)
        hash = hash * 33 + (unsigned char)*c;
    if (!read_at(fd, &table, sizeof table, dynamic->hash) || !table.words || !table.buckets)
        return false;
    uint64_t filter = dynamic->hash + sizeof table, buckets = filter + table.words * 8ull;
    uint64_t chains = buckets + table.buckets * 4ull;
    if (!read_at(fd, &word, sizeof word, filter + hash / 64 % table.words * 8ull) ||
        !(word >> hash % 64 & word >> (hash >> table.shift) % 64 & 1) ||
        !read_at(fd, &at, sizeof at, buckets + hash % table.buckets * 4ull) || at < table.first)
        return false;
    for (unsigned steps = 0; steps < 1024; steps++, at++) {
        if (!read_at(fd, &chained, sizeof chained, chains + (at - table.first) * 4ull))
            return false;
        if ((chained | 1) == (hash | 1) && symbol_is(fd, dynamic, at, name))
            return true;
        if (chained & 1)
            return false;
    }
    return false;
}

/* clang's are linked in, and found by what every module that is built so calls first. Code that is
   compiled with -fsanitize=thread and linked with us calls it too, but does not define it. */
static bool has_runtime_inside(long fd, const struct dynamic *dynamic)
{
    static const char *const entries[] = {"__tsan_init", "__asan_init", "__lsan_init",
                                          "__msan_init", "__hwasan_init"};
    for (unsigned i = 0; dynamic->hash && i < sizeof entries / sizeof entries[0]; i++)
        if (defines(fd, dynamic, entries[i]))
            return true;
    return false;
}

static enum image image_of_dynamic(long fd, const Elf64_Phdr *phdr, unsigned count,
                                   const Elf64_Phdr *own)
{
    struct dynamic dynamic;
    if (!read_dynamic(fd, phdr, count, own, &dynamic))
        return IMAGE_WATCHABLE;
    if (has_runtime_inside(fd, &dynamic))
        return IMAGE_SANITIZER;
    return image_by_needed(fd, &dynamic);
}

static enum image image_of_elf(long fd, const char *head, size_t size)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)head;
    if (size < sizeof *header || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_machine != EM_X86_64)
        return IMAGE_FOREIGN;
    const Elf64_Phdr *phdr = (const Elf64_Phdr *)(head + header->e_phoff);
    if (header->e_phoff > size || header->e_phnum > (size - header->e_phoff) / sizeof *phdr)
        return IMAGE_UNKNOWN;
    const Elf64_Phdr *loader = NULL, *dynamic = NULL;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (phdr[i].p_type == PT_INTERP)
            loader = &phdr[i];
        else if (phdr[i].p_type == PT_DYNAMIC)
            dynamic = &phdr[i];
    }
    char name[64] = "";
    if (!loader || !dynamic)
        return IMAGE_STATIC;
    size_t length = loader->p_filesz < sizeof name ? loader->p_filesz : sizeof name - 1;
    if (!read_at(fd, name, length, loader->p_offset))
        return IMAGE_UNKNOWN;
    if (text_find_text(name, "musl"))
        return IMAGE_FOREIGN;
    return image_of_dynamic(fd, phdr, header->e_phnum, dynamic);
}

/* Would the kernel give the program another user's rights? */
static bool changes_rights(long fd)
{
    struct stat status;
    if (raw_failed(raw_syscall(SYS_fstat, fd, &status)))
        return false;
    return ((status.st_mode & S_ISUID) && status.st_uid != (uid_t)raw_syscall(SYS_geteuid)) ||
           ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) &&
            status.st_gid != (gid_t)raw_syscall(SYS_getegid));
}

/* "#! /bin/sh -e" → "/bin/sh" in place, NULL when there is none. */
static char *interpreter_in(char *head, size_t size)
{
    char *at = head + 2;
    head[size] = '\0';
    while (*at == ' ' || *at == '\t')
        at++;
    char *end = at;
    while (*end && *end != ' ' && *end != '\t' && *end != '\n')
        end++;
    *end = '\0';
    return end > at ? at : NULL;
}

enum image image_at(int folder, const char *path)
{
    char head[HEAD_SIZE + 1] __attribute__((aligned(8)));
    if (!memory_range_is_readable(thread_current, path, 1))
        return IMAGE_UNKNOWN;
    for (int i = 0; path && i <= SCRIPTS; i++) {
        enum image image = IMAGE_UNKNOWN;
        int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
        long fd = *path ? raw_syscall(SYS_openat, folder, path, flags) : folder;
        if (raw_failed(fd))
            return IMAGE_UNKNOWN;
        long size = raw_syscall(SYS_pread64, fd, head, HEAD_SIZE, 0);
        bool script = size > 2 && head[0] == '#' && head[1] == '!';
        if (size > SELFMAG && mem_equal(head, ELFMAG, SELFMAG))
            image = changes_rights(fd) ? IMAGE_SETUID : image_of_elf(fd, head, (size_t)size);
        if (*path)
            raw_syscall(SYS_close, fd);
        if (!script)
            return image;
        path = interpreter_in(head, (size_t)size);
        folder = AT_FDCWD;
    }
    return IMAGE_UNKNOWN;
}
