#include "rewrite/image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/syscall.h"

#define PAGE       4096u
#define CODE_LEAST (8u * THUNK_COUNT)
#define REACH      0x7fff0000ll /* of a jump, less what rounding may add */

static const uint32_t row_sizes[PART_COUNT] = {
    [PART_CODE] = 1,
    [PART_PATCHES] = sizeof(struct rewrite_patch),
    [PART_BEFORE] = 1,
    [PART_AFTER] = 1,
    [PART_SLOTS] = sizeof(uint32_t),
    [PART_SITES] = sizeof(struct rewrite_site),
    [PART_MOVED] = sizeof(struct rewrite_moved),
    [PART_BY_TEXT] = sizeof(uint32_t),
    [PART_LEFT_OUT] = sizeof(struct rewrite_left_out),
};

/* A file that is being looked at. */
struct look {
    const unsigned char *bytes;
    uint64_t size;
    const struct rewrite_header *header;
    uint64_t text, code; /* bytes of both */
};

static const void *part(const struct look *look, enum rewrite_part_kind kind)
{
    return look->bytes + look->header->part[kind].offset;
}

static uint32_t count(const struct look *look, enum rewrite_part_kind kind)
{
    return look->header->part[kind].count;
}

static bool parts_are_inside(const struct look *look)
{
    for (unsigned i = 0; i < PART_COUNT; i++) {
        const struct rewrite_part *p = &look->header->part[i];
        if (!p->count)
            continue;
        if (!row_sizes[i] || p->row != row_sizes[i] || p->offset % PAGE || p->offset > look->size ||
            (uint64_t)p->count * p->row > look->size - p->offset)
            return false;
    }
    return true;
}

static bool header_holds(struct look *look)
{
    const struct rewrite_header *h = look->header;
    if (!mem_equal(h->magic, REWRITE_MAGIC, sizeof h->magic) || h->version != REWRITE_VERSION ||
        h->size != sizeof *h || h->build_id_size > sizeof h->build_id || h->form >= FORM_COUNT ||
        h->variant >= REWRITE_VARIANTS)
        return false;
    if (h->text_start % PAGE || h->text_end % PAGE || h->text_start >= h->text_end ||
        h->text_end - h->text_start > REACH || h->text_end > 1ull << 47 || !parts_are_inside(look))
        return false;
    look->text = h->text_end - h->text_start;
    look->code = count(look, PART_CODE);
    if (look->code % PAGE || look->code < CODE_LEAST || h->distance % (int64_t)PAGE)
        return false;
    /* Both in reach of each other, and apart. */
    int64_t first = h->distance, last = h->distance + (int64_t)look->code;
    return first > -REACH && last < REACH && (last <= 0 || first >= (int64_t)look->text) &&
           last - 0 > -REACH;
}

static bool patches_hold(const struct look *look)
{
    const struct rewrite_patch *patches = part(look, PART_PATCHES);
    uint64_t end = 0, bytes = 0;
    for (uint32_t i = 0; i < count(look, PART_PATCHES); i++) {
        const struct rewrite_patch *p = &patches[i];
        if (p->offset < end || !p->size || p->jump > p->size ||
            (uint64_t)p->offset + p->size > look->text)
            return false;
        end = (uint64_t)p->offset + p->size;
        bytes += p->size;
    }
    return bytes == count(look, PART_BEFORE) && bytes == count(look, PART_AFTER);
}

static bool slots_hold(const struct look *look)
{
    const uint32_t *slots = part(look, PART_SLOTS);
    uint64_t end = CODE_LEAST;
    for (uint32_t i = 0; i < count(look, PART_SLOTS); i++) {
        if (slots[i] < end || slots[i] + 4ull > look->code)
            return false;
        end = slots[i] + 4ull;
    }
    return true;
}

static bool sites_hold(const struct look *look)
{
    const struct rewrite_site *sites = part(look, PART_SITES);
    uint32_t before = 0;
    for (uint32_t i = 0; i < count(look, PART_SITES); i++) {
        if (sites[i].offset < before || sites[i].offset >= look->text)
            return false;
        before = sites[i].offset;
    }
    return true;
}

static bool moved_hold(const struct look *look)
{
    const struct rewrite_moved *rows = part(look, PART_MOVED);
    const uint32_t *by_text = part(look, PART_BY_TEXT);
    uint64_t end = CODE_LEAST;
    for (uint32_t i = 0; i < count(look, PART_MOVED); i++) {
        const struct rewrite_moved *row = &rows[i];
        if (row->code < end || (uint64_t)row->code + row->size > look->code ||
            (uint64_t)row->text + row->length > look->text || row->scratch == 4 /* rsp */)
            return false;
        end = (uint64_t)row->code + row->size;
    }
    uint32_t before = 0;
    for (uint32_t i = 0; i < count(look, PART_BY_TEXT); i++) {
        if (by_text[i] >= count(look, PART_MOVED) || rows[by_text[i]].text < before)
            return false;
        before = rows[by_text[i]].text;
    }
    return true;
}

static bool left_out_hold(const struct look *look)
{
    const struct rewrite_left_out *rows = part(look, PART_LEFT_OUT);
    for (uint32_t i = 0; i < count(look, PART_LEFT_OUT); i++)
        if ((uint64_t)rows[i].offset + rows[i].size > look->text)
            return false;
    return true;
}

static bool hash_holds(const struct look *look)
{
    struct rewrite_header header = *look->header;
    header.hash = 0;
    uint64_t hash = rewrite_hash(0, &header, sizeof header);
    for (unsigned i = PART_CODE + 1; i < PART_COUNT; i++) {
        const struct rewrite_part *p = &look->header->part[i];
        hash = rewrite_hash(hash, look->bytes + p->offset, (uint64_t)p->count * p->row);
    }
    return hash == look->header->hash;
}

static bool code_holds(const struct look *look)
{
    return rewrite_hash_code(part(look, PART_CODE), look->code) == look->header->code_hash;
}

bool image_is_valid(const void *bytes, uint64_t size)
{
    struct look look = {.bytes = bytes, .size = size, .header = bytes};
    return size >= sizeof *look.header && header_holds(&look) && hash_holds(&look) &&
           patches_hold(&look) && slots_hold(&look) && sites_hold(&look) && moved_hold(&look) &&
           left_out_hold(&look) && code_holds(&look);
}

bool image_map(struct image_file *image, int folder, const char *name)
{
    struct stat status;
    long fd = raw_syscall(SYS_openat, folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (raw_failed(fd))
        return false;
    image->fd = (int)fd;
    image->header = NULL;
    if (raw_failed(raw_syscall(SYS_fstat, fd, &status)) || !S_ISREG(status.st_mode) ||
        status.st_uid != (uid_t)raw_syscall(SYS_geteuid) || status.st_mode & 022 ||
        status.st_size < (off_t)sizeof *image->header) {
        image_close(image);
        return false;
    }
    image->size = (uint64_t)status.st_size;
    long at =
        raw_syscall(SYS_mmap, pages_place(image->size), image->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (!raw_failed(at))
        image->header = (const struct rewrite_header *)at;
    else
        image_close(image);
    return image->header != NULL;
}

bool image_check(struct image_file *image)
{
    if (image_is_valid(image->header, image->size))
        return true;
    image_close(image);
    return false;
}

bool image_open(struct image_file *image, int folder, const char *name)
{
    return image_map(image, folder, name) && image_check(image);
}

void image_close_file(struct image_file *image)
{
    if (image->fd >= 0)
        raw_syscall(SYS_close, image->fd);
    image->fd = -1;
}

void image_close(struct image_file *image)
{
    image_close_file(image);
    if (image->header)
        raw_syscall(SYS_munmap, image->header, image->size);
    image->header = NULL;
}
