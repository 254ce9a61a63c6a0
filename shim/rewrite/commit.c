#include "rewrite/commit.h"

#include <sys/mman.h>

#include "base/memory.h"
#include "base/syscall.h"

#define PAGE             4096ul
#define FIXED_NO_REPLACE 0x100000 /* since Linux 4.17; before, a hint like any other */

/* Pages of the image's file cannot become code where it lies (noexec). */
static bool not_from_image;
/* The system does not let memory that was written become code (SELinux' execmod, PR_SET_MDWE):
   pages are made in a file in memory then, and mapped as they are. */
static bool from_file;

/* An address that the kernel gives only when it is free; fd -1: fresh memory. What went wrong:
   WATCHED_YES nothing, WATCHED_NO_ROOM, WATCHED_PROTECTED. */
static enum watched map_at(uintptr_t at, size_t size, int protection, int fd, uint64_t offset)
{
    int flags = MAP_PRIVATE | FIXED_NO_REPLACE | (fd < 0 ? MAP_ANONYMOUS : 0);
    long result = raw_syscall(SYS_mmap, at, size, protection, flags, fd, offset);
    if (raw_failed(result))
        return result == -1 /* EPERM */ || result == -13 /* EACCES */ ? WATCHED_PROTECTED
                                                                      : WATCHED_NO_ROOM;
    if ((uintptr_t)result == at)
        return WATCHED_YES;
    raw_syscall(SYS_munmap, result, size);
    return WATCHED_NO_ROOM;
}

static bool protect(uintptr_t start, uintptr_t end, int protection)
{
    return !raw_failed(raw_syscall(SYS_mprotect, start, end - start, protection));
}

/* A file in memory with these bytes, or -1. */
static int file_of(const void *bytes, size_t size)
{
    /* Since Linux 6.3 files may be told apart; before, the flag is unknown. */
    long fd = raw_syscall(SYS_memfd_create, "holdfast-code", MFD_CLOEXEC | 0x10 /* MFD_EXEC */);
    if (raw_failed(fd))
        fd = raw_syscall(SYS_memfd_create, "holdfast-code", MFD_CLOEXEC);
    if (raw_failed(fd))
        return -1;
    for (size_t done = 0; done < size;) {
        long written = raw_syscall(SYS_pwrite64, fd, (const char *)bytes + done, size - done, done);
        if (written <= 0 && written != -4 /* EINTR */) {
            raw_syscall(SYS_close, fd);
            return -1;
        }
        done += written > 0 ? (size_t)written : 0;
    }
    return (int)fd;
}

/* Puts pages with these bytes, executable, in place of what is at start. */
static bool replace(uintptr_t start, size_t size, const void *bytes, int protection)
{
    int fd = file_of(bytes, size);
    if (fd < 0)
        return false;
    long result = raw_syscall(SYS_mmap, start, size, protection, MAP_PRIVATE | MAP_FIXED, fd, 0);
    raw_syscall(SYS_close, fd);
    return (uintptr_t)result == start;
}

/* The thunks' addresses and the slots' place in a thread: what an image does not know. */
static void fill(unsigned char *code, const struct image_file *image, const void *const *thunks)
{
    const uint32_t *slots = image_part(image, PART_SLOTS);
    uintptr_t of_this_thread = (uintptr_t)&rewrite_slots;
    __asm__("" : "+r"(of_this_thread)); /* else gcc folds both into a form that ld cannot relax */
    uint32_t distance = (uint32_t)(of_this_thread - (uintptr_t)__builtin_thread_pointer());
    for (uint32_t i = 0; i < image_count(image, PART_SLOTS); i++)
        *(uint32_t *)(code + slots[i]) += distance;
    for (unsigned i = 0; i < THUNK_COUNT; i++)
        ((const void **)code)[i] = thunks[i];
}

#define EXECUTABLE (PROT_READ | PROT_EXEC)

static bool is_zero(const unsigned char *page)
{
    const uint64_t *words = (const uint64_t *)page;
    uint64_t any = 0;
    for (unsigned i = 0; i < PAGE / 8; i++)
        any |= words[i];
    return !any;
}

/* To fresh memory: much of the code may be nothing, and takes no memory then. */
static void copy_code(unsigned char *to, const struct image_file *image)
{
    const unsigned char *from = image_part(image, PART_CODE);
    for (size_t at = 0; at < image_count(image, PART_CODE); at += PAGE)
        if (!is_zero(from + at))
            mem_copy(to + at, from + at, PAGE);
}

static enum watched map_code_from_file(const struct image_file *image, uintptr_t at,
                                       const void *const *thunks)
{
    size_t size = image_count(image, PART_CODE);
    unsigned char *copy = pages_map(size);
    if (!copy)
        return WATCHED_NO_ROOM;
    copy_code(copy, image);
    fill(copy, image, thunks);
    int fd = file_of(copy, size);
    pages_unmap(copy, size);
    if (fd < 0)
        return WATCHED_PROTECTED;
    /* At once: PR_SET_MDWE lets nothing become executable that was not so from the start. */
    enum watched mapped = map_at(at, size, EXECUTABLE, fd, 0);
    raw_syscall(SYS_close, fd);
    return mapped;
}

/* To memory that is written, and made executable afterwards. fd -1: copied there. */
static enum watched map_code_written(const struct image_file *image, uintptr_t at, int fd,
                                     const void *const *thunks)
{
    size_t size = image_count(image, PART_CODE);
    enum watched mapped =
        map_at(at, size, PROT_READ | PROT_WRITE, fd, image->header->part[PART_CODE].offset);
    if (mapped != WATCHED_YES)
        return mapped;
    if (fd < 0)
        copy_code((unsigned char *)at, image);
    else if (image_count(image, PART_SLOTS) > 64) /* nearly every page: all at once */
        raw_syscall(SYS_madvise, at, size, 23 /* MADV_POPULATE_WRITE */);
    fill((unsigned char *)at, image, thunks);
    if (protect(at, at + size, EXECUTABLE))
        return WATCHED_YES;
    raw_syscall(SYS_munmap, at, size);
    return WATCHED_PROTECTED;
}

static enum watched map_code(const struct image_file *image, uintptr_t at,
                             const void *const *thunks)
{
    enum watched mapped = WATCHED_PROTECTED;
    if (image->fd >= 0 && !not_from_image && !from_file) {
        mapped = map_code_written(image, at, image->fd, thunks);
        not_from_image = mapped == WATCHED_PROTECTED;
    }
    if (mapped == WATCHED_PROTECTED && !from_file) {
        mapped = map_code_written(image, at, -1, thunks);
        from_file = mapped == WATCHED_PROTECTED;
    }
    return mapped == WATCHED_PROTECTED ? map_code_from_file(image, at, thunks) : mapped;
}

/* The executable segment that holds [start, end). */
static const struct target_segment *segment_of(const struct target *target, uintptr_t start,
                                               uintptr_t end)
{
    for (uint32_t i = 0; i < target->code_count; i++)
        if (start >= target->code[i].start && end <= target->code[i].end)
            return &target->code[i];
    return NULL;
}

static bool text_is_as_expected(const struct target *target, const struct image_file *image,
                                uintptr_t text)
{
    const struct rewrite_patch *patches = image_part(image, PART_PATCHES);
    const unsigned char *before = image_part(image, PART_BEFORE);
    for (uint32_t i = 0; i < image_count(image, PART_PATCHES); i++) {
        uintptr_t at = text + patches[i].offset;
        const struct target_segment *segment = segment_of(target, at, at + patches[i].size);
        if (!segment || !(segment->protection & PROT_READ) ||
            !mem_equal((const void *)at, before, patches[i].size))
            return false;
        before += patches[i].size;
    }
    return true;
}

/* Writes the patches that lie in [start, end) to memory whose byte of address start is at to. */
static void write_patches(const struct image_file *image, uintptr_t text, uintptr_t start,
                          uintptr_t end, enum rewrite_part_kind kind, unsigned char *to)
{
    const struct rewrite_patch *patches = image_part(image, PART_PATCHES);
    const unsigned char *bytes = image_part(image, kind);
    for (uint32_t i = 0; i < image_count(image, PART_PATCHES); i++) {
        uintptr_t at = text + patches[i].offset;
        if (at >= start && at < end) {
            unsigned char *target = to + (at - start);
            for (unsigned k = 0; k < patches[i].size; k++)
                target[k] = bytes[k];
        }
        bytes += patches[i].size;
    }
}

static bool has_patches(const struct image_file *image, uintptr_t text,
                        const struct target_segment *segment)
{
    const struct rewrite_patch *patches = image_part(image, PART_PATCHES);
    for (uint32_t i = 0; i < image_count(image, PART_PATCHES); i++)
        if (text + patches[i].offset >= segment->start && text + patches[i].offset < segment->end)
            return true;
    return false;
}

static bool replace_segment(const struct image_file *image, uintptr_t text,
                            const struct target_segment *segment, enum rewrite_part_kind kind)
{
    size_t size = segment->end - segment->start;
    unsigned char *copy = pages_map(size);
    if (!copy)
        return false;
    mem_copy(copy, (const void *)segment->start, size);
    write_patches(image, text, segment->start, segment->end, kind, copy);
    bool replaced = replace(segment->start, size, copy, segment->protection);
    pages_unmap(copy, size);
    return replaced;
}

static bool patch_segment(const struct image_file *image, uintptr_t text,
                          const struct target_segment *segment, enum rewrite_part_kind kind)
{
    if (from_file)
        return replace_segment(image, text, segment, kind);
    if (!protect(segment->start, segment->end, PROT_READ | PROT_WRITE))
        return replace_segment(image, text, segment, kind);
    write_patches(image, text, segment->start, segment->end, kind, (unsigned char *)segment->start);
    /* Where written memory may not become code the code of the image has met that before. */
    return protect(segment->start, segment->end, segment->protection) ||
           replace(segment->start, segment->end - segment->start, (const void *)segment->start,
                   segment->protection);
}

static bool patch_text(const struct target *target, const struct image_file *image, uintptr_t text)
{
    for (uint32_t i = 0; i < target->code_count; i++) {
        if (!has_patches(image, text, &target->code[i]) ||
            patch_segment(image, text, &target->code[i], PART_AFTER))
            continue;
        while (i-- > 0)
            if (has_patches(image, text, &target->code[i]))
                patch_segment(image, text, &target->code[i], PART_BEFORE);
        return false;
    }
    return true;
}

static bool is_same_file(const struct target *target, const struct image_file *image)
{
    const struct rewrite_header *header = image->header;
    return header->build_id_size == target->build_id_size &&
           mem_equal(header->build_id, target->build_id, target->build_id_size);
}

enum watched commit(const struct target *target, const struct image_file *image,
                    const void *const *thunks, struct moved_module *ret_module)
{
    const struct rewrite_header *header = image->header;
    uintptr_t text = target->base + header->text_start;
    uintptr_t code = text + (uintptr_t)header->distance;
    size_t size = image_count(image, PART_CODE);
    if (!is_same_file(target, image) || text < target->low ||
        text + (header->text_end - header->text_start) > target->high ||
        !text_is_as_expected(target, image, text))
        return WATCHED_DIFFERS;
    if (code < 1u << 20 || code + size >= 1ull << 47)
        return WATCHED_NO_ROOM;
    enum watched result = map_code(image, code, thunks);
    if (result != WATCHED_YES)
        return result;
    if (!patch_text(target, image, text)) {
        raw_syscall(SYS_munmap, code, size);
        return WATCHED_PROTECTED;
    }
    *ret_module = (struct moved_module){
        .code_start = code,
        .code_end = code + size,
        .text_start = text,
        .text_end = text + (header->text_end - header->text_start),
        .rows = image_part(image, PART_MOVED),
        .by_text = image_part(image, PART_BY_TEXT),
        .count = image_count(image, PART_MOVED),
        .by_text_count = image_count(image, PART_BY_TEXT),
        .sites = image_part(image, PART_SITES),
        .site_count = image_count(image, PART_SITES),
    };
    return WATCHED_YES;
}

void commit_undo(const struct moved_module *module)
{
    raw_syscall(SYS_munmap, module->code_start, module->code_end - module->code_start);
}

/* Other threads still run: the pages stay executable, or as they are. */
void commit_restore_text(const struct target *target, const struct image_file *image)
{
    uintptr_t text = target->base + image->header->text_start;
    for (uint32_t i = 0; i < target->code_count; i++) {
        const struct target_segment *segment = &target->code[i];
        if (!has_patches(image, text, segment))
            continue;
        if (!protect(segment->start, segment->end, PROT_READ | PROT_WRITE | PROT_EXEC)) {
            replace_segment(image, text, segment, PART_BEFORE);
            continue;
        }
        write_patches(image, text, segment->start, segment->end, PART_BEFORE,
                      (unsigned char *)segment->start);
        protect(segment->start, segment->end, segment->protection);
    }
}
