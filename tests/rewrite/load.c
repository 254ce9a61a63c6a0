#include "tests/rewrite/load.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Both forms reach the same cells: all addresses that programs have here (0x55…, 0x7f…) have bit 44
   set, so that taking it away subtracts it. */
#define FILTER_DISTANCE 0x100000000000ull

_Thread_local struct rewrite_slots slots __attribute__((aligned(64), tls_model("initial-exec")));
unsigned long thunk_calls[THUNK_COUNT];
unsigned long thunk_faults;
static const struct loaded *current;

static uint64_t dice = 88172645463325252ull;

__attribute__((target("general-regs-only"))) static uint64_t throw_dice(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return dice >> 11;
}

/* Any mixture of what cells can say: of the bytes of the access, and of others. */
__attribute__((target("general-regs-only"))) static void remember(const struct rewrite_site *site)
{
    uint64_t end = slots.address + site->size;
    uint32_t tag = (uint32_t)slots.write;
    if (!(site->flags & SITE_WRITE))
        tag &= ~(uint32_t)CELL_WRITTEN_BITS;
    for (uint64_t at = slots.address & ~3ull; at < end; at += 4) {
        uint64_t dice = throw_dice();
        uint32_t bits = (uint32_t)dice & (uint32_t)(CELL_TOUCHED_BITS | CELL_WRITTEN_BITS);
        *(uint32_t *)(at - FILTER_DISTANCE) = dice % 3 == 0 ? 0 : dice % 3 == 1 ? tag : tag & ~bits;
    }
}

uint64_t thunk_called(uint64_t thunk);

/* Called by the stubs below with every register saved. Returns flags for THUNK_CHECK to leave. */
__attribute__((used, target("general-regs-only"))) uint64_t thunk_called(uint64_t thunk)
{
    thunk_calls[thunk]++;
    if (thunk == THUNK_AFTER) {
        slots.after = 0;
        return 0;
    }
    uint32_t row = slots.site >> SITE_WORD_ROW;
    if (row >= current->site_count) {
        thunk_faults++;
        return 0;
    }
    const struct rewrite_site *site = &current->sites[row];
    if (slots.site != rewrite_site_word(row, site) || slots.after)
        thunk_faults++;
    if (thunk == THUNK_CHECK)
        remember(site);
    bool may_ask = thunk == THUNK_BEFORE || (thunk == THUNK_CHECK && (site->flags & SITE_MOVE) &&
                                             !(site->flags & SITE_WRITE));
    slots.after = may_ask && throw_dice() % 2;
    return throw_dice() & 0x8d5; /* the arithmetic flags */
}

#define SAVE                                                                                       \
    "push %rax; push %rcx; push %rdx; push %rsi; push %rdi; push %r8; push %r9; push %r10;"        \
    "push %r11; push %rbp; mov %rsp, %rbp; and $-16, %rsp; cld;"
#define RESTORE                                                                                    \
    "mov %rbp, %rsp; pop %rbp; pop %r11; pop %r10; pop %r9; pop %r8; pop %rdi; pop %rsi;"          \
    "pop %rdx; pop %rcx; pop %rax;"
/* Flags as they were, or as thunk_called says: but DF and TF are not its. */
#define STUB(name, thunk)                                                                          \
    __asm__(".text\n.globl " name "\n" name ": pushfq;" SAVE "mov $" thunk                         \
            ", %edi; call thunk_called;" RESTORE "popfq; ret\n")
STUB("stub_before", "1");
STUB("stub_after", "2");
STUB("stub_string", "3");
STUB("stub_range", "4");
__asm__(".text\n.globl stub_check\nstub_check: pushfq;" SAVE
        "xor %edi, %edi; call thunk_called; andq $~0x8d5, 80(%rbp); or %rax, 80(%rbp);" RESTORE
        "popfq; ret\n");
extern const char stub_check[], stub_before[], stub_after[], stub_string[], stub_range[];

static bool map_filter(uint64_t from, uint64_t size)
{
    return mmap((void *)from, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
                0) == (void *)from;
}

bool filter_prepare(enum rewrite_form form)
{
    if (!map_filter(0x550000000000 - FILTER_DISTANCE, 2ull << 40) ||
        !map_filter(0x7e0000000000 - FILTER_DISTANCE, 2ull << 40)) {
        perror("filter");
        return false;
    }
    slots.write = 0x58902854ull * 0x100000001ull | CELL_TOUCHED_BITS | CELL_WRITTEN_BITS;
    slots.read = slots.write & ~CELL_WRITTEN_BITS;
    if (form == FORM_FLIP)
        slots.flip = FILTER_DISTANCE;
    else
        __asm__ volatile("wrgsbase %0" ::"r"(-(int64_t)FILTER_DISTANCE));
    return true;
}

static bool patch(struct loaded *loaded, const uint8_t *file)
{
    const struct rewrite_header *header = loaded->header;
    const struct rewrite_patch *rows = (const void *)(file + header->part[PART_PATCHES].offset);
    const uint8_t *before = file + header->part[PART_BEFORE].offset;
    const uint8_t *after = file + header->part[PART_AFTER].offset;
    if (mprotect(loaded->text, header->text_end - header->text_start,
                 PROT_READ | PROT_WRITE | PROT_EXEC))
        return false;
    for (uint32_t i = 0; i < header->part[PART_PATCHES].count; i++) {
        uint8_t *at = loaded->text + rows[i].offset;
        if (memcmp(at, before, rows[i].size)) {
            fprintf(stderr, "the text at %#x is not what is to be replaced\n", rows[i].offset);
            return false;
        }
        memcpy(at, after, rows[i].size);
        before += rows[i].size;
        after += rows[i].size;
    }
    return true;
}

static void fix_up(struct loaded *loaded, const uint8_t *file)
{
    const struct rewrite_part *part = &loaded->header->part[PART_SLOTS];
    const uint32_t *words = (const void *)(file + part->offset);
    uint64_t thread;
    __asm__("mov %%fs:0, %0" : "=r"(thread));
    uint32_t offset = (uint32_t)((uint64_t)&slots - thread);
    for (uint32_t i = 0; i < part->count; i++) {
        uint32_t word;
        memcpy(&word, loaded->code + words[i], 4);
        word += offset;
        memcpy(loaded->code + words[i], &word, 4);
    }
    const char *const stubs[] = {stub_check, stub_before, stub_after, stub_string, stub_range};
    memcpy(loaded->code, stubs, sizeof stubs);
}

bool image_load(struct loaded *loaded, const char *path, uint64_t bias)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status))
        return false;
    const uint8_t *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    const struct rewrite_header *header = (const void *)bytes;
    *loaded = (struct loaded){
        .header = header,
        .text = (uint8_t *)(bias + header->text_start),
        .code_size = header->part[PART_CODE].count,
        .moved = (const void *)(bytes + header->part[PART_MOVED].offset),
        .moved_count = header->part[PART_MOVED].count,
        .sites = (const void *)(bytes + header->part[PART_SITES].offset),
        .site_count = header->part[PART_SITES].count,
    };
    uint8_t *at = loaded->text + header->distance;
    loaded->code =
        mmap(at, loaded->code_size, PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_FIXED_NOREPLACE, file, (off_t)header->part[PART_CODE].offset);
    close(file);
    if (loaded->code != at) {
        fprintf(stderr, "%s: no room for the code\n", path);
        return false;
    }
    fix_up(loaded, bytes);
    current = loaded;
    return patch(loaded, bytes);
}

const struct rewrite_moved *loaded_row(const struct loaded *loaded, uint64_t pc)
{
    uint64_t code = pc - (uint64_t)loaded->code;
    if (code >= loaded->code_size)
        return NULL;
    uint32_t low = 0, high = loaded->moved_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (loaded->moved[middle].code <= code)
            low = middle + 1;
        else
            high = middle;
    }
    const struct rewrite_moved *row = low ? &loaded->moved[low - 1] : NULL;
    return row && code < row->code + row->size ? row : NULL;
}
