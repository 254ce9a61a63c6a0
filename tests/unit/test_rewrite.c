/* Images of rewritten code: a made-up one is checked, damaged in every way, and put to work on a
   function of this program. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/action.h"
#include "rewrite/cache.h"
#include "rewrite/commit.h"
#include "rewrite/image.h"
#include "rewrite/net.h"
#include "rewrite/target.h"
#include "state/moved.h"
#include "state/signals.h"

__thread struct thread *thread_current;

/* In victim.c: eax = edi + 6, and then what rsi points to. */
extern int victim(int value, const int *more);
#define victim_three ((char *)victim + 6)
#define victim_load  ((char *)victim + 9)
#define victim_end   ((char *)victim + 11)

#define PAGE     4096u
#define DISTANCE 0x4000000l /* 64 MB behind */

/* Offsets in the moved code: the run begins at 64. */
enum { RUN = 64, BORROW = 67, MOVED_THREE = 76, LOAD = 79, GIVE_BACK = 81, LEAVE = 90 };

struct made {
    unsigned char bytes[8 * PAGE];
    size_t size;
};

static struct rewrite_header *header_of(struct made *made)
{
    return (struct rewrite_header *)made->bytes;
}

static void *add_part(struct made *made, enum rewrite_part_kind kind, const void *rows,
                      uint32_t count, uint32_t row)
{
    unsigned char *at = made->bytes + made->size;
    header_of(made)->part[kind] =
        (struct rewrite_part){.offset = made->size, .count = count, .row = row};
    memcpy(at, rows, (size_t)count * row);
    made->size += ((size_t)count * row + PAGE - 1) / PAGE * PAGE;
    return at;
}

static void sign(struct made *made)
{
    struct rewrite_header *header = header_of(made), copy;
    const struct rewrite_part *code = &header->part[PART_CODE];
    header->hash = 0;
    if (code->row == 1 && code->count % 32 == 0)
        header->code_hash = rewrite_hash_code(made->bytes + code->offset, code->count);
    copy = *header;
    uint64_t hash = rewrite_hash(0, &copy, sizeof copy);
    for (int i = PART_CODE + 1; i < PART_COUNT; i++)
        hash = rewrite_hash(hash, made->bytes + header->part[i].offset,
                            (uint64_t)header->part[i].count * header->part[i].row);
    header->hash = hash;
}

static struct target own;

static bool take_own(const struct target *target, void *with)
{
    if ((uintptr_t)victim < target->low || (uintptr_t)victim >= target->high)
        return true;
    own = *target;
    return false;
}

static void put32(unsigned char *at, int64_t value)
{
    int32_t word = (int32_t)value;
    memcpy(at, &word, sizeof word);
}

/* The victim's image: r11 is borrowed between the second and the last instruction. */
static void make(struct made *made)
{
    memset(made, 0, sizeof *made);
    targets_each(take_own, NULL);
    struct rewrite_header *header = header_of(made);
    memcpy(header->magic, REWRITE_MAGIC, sizeof header->magic);
    header->version = REWRITE_VERSION;
    header->size = sizeof *header;
    memcpy(header->build_id, own.build_id, own.build_id_size);
    header->build_id_size = own.build_id_size;
    header->text_start = (uintptr_t)victim - own.base;
    header->text_end = header->text_start + PAGE;
    header->distance = DISTANCE;
    header->form = FORM_GS;
    made->size = PAGE;
    unsigned char code[PAGE] = {0}, *at = code + RUN;
    static const unsigned char moved[] = {
        0x8d, 0x47, 0x01,                         /* lea 1(%rdi), %eax */
        0x64, 0x4c, 0x89, 0x1c, 0x25, 0, 0, 0, 0, /* mov %r11, %fs:scratch */
        0x83, 0xc0, 0x03,                         /* add $3, %eax */
        0x03, 0x06,                               /* add (%rsi), %eax */
        0x64, 0x4c, 0x8b, 0x1c, 0x25, 0, 0, 0, 0, /* mov %fs:scratch, %r11 */
        0xe9, 0,    0,    0,    0,                /* jmp behind */
    };
    memcpy(at, moved, sizeof moved);
    memset(code + RUN + sizeof moved, 0xcc, 16);
    /* "add $2" is left out, so that one can tell which code ran. */
    put32(code + BORROW + 5, offsetof(struct rewrite_slots, scratch));
    put32(code + GIVE_BACK + 5, offsetof(struct rewrite_slots, scratch));
    put32(code + LEAVE + 1, 11 - (DISTANCE + LEAVE + 5));
    add_part(made, PART_CODE, code, sizeof code, 1);
    static const struct rewrite_patch patch = {
        .offset = 0, .size = 11, .kind = PATCH_RUN, .jump = 5};
    add_part(made, PART_PATCHES, &patch, 1, sizeof patch);
    unsigned char before[11], after[11] = {0xe9, 0, 0, 0, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc};
    memcpy(before, (const void *)victim, sizeof before);
    put32(after + 1, DISTANCE + RUN - 5);
    add_part(made, PART_BEFORE, before, sizeof before, 1);
    add_part(made, PART_AFTER, after, sizeof after, 1);
    static const uint32_t slots[] = {BORROW + 5, GIVE_BACK + 5};
    add_part(made, PART_SLOTS, slots, 2, sizeof *slots);
    static const struct rewrite_moved rows[] = {
        {.code = RUN, .text = 0, .size = 3, .length = 3},
        {.code = BORROW, .text = 6, .size = 9, .length = 3, .state = MOVED_CHECKING},
        {.code = MOVED_THREE,
         .text = 6,
         .size = 3,
         .length = 3,
         .state = MOVED_BORROWED,
         .scratch = 11},
        {.code = LOAD, .text = 9, .size = 2, .length = 2, .state = MOVED_BORROWED, .scratch = 11},
        {.code = GIVE_BACK,
         .text = 9,
         .size = 9,
         .length = 2,
         .state = MOVED_DONE | MOVED_BORROWED,
         .scratch = 11},
        {.code = LEAVE, .text = 9, .size = 5, .length = 2, .state = MOVED_DONE},
    };
    add_part(made, PART_MOVED, rows, 6, sizeof *rows);
    static const uint32_t by_text[] = {0, 1, 2, 3};
    add_part(made, PART_BY_TEXT, by_text, 4, sizeof *by_text);
    sign(made);
}

Test(image, holds)
{
    static struct made made;
    make(&made);
    cr_assert(image_is_valid(made.bytes, made.size));
    cr_assert(!image_is_valid(made.bytes, made.size - PAGE));
    cr_assert(!image_is_valid(made.bytes, sizeof(struct rewrite_header) - 1));
    made.bytes[PAGE * 6]++; /* rows, and their hash is not signed again */
    cr_assert(!image_is_valid(made.bytes, made.size));
}

/* Every byte that an image is used by counts in one of its hashes. */
Test(image, is_refused_with_any_byte_changed)
{
    static struct made made;
    make(&made);
    const struct rewrite_header header = *header_of(&made);
    for (size_t at = 0; at < made.size; at++) {
        bool used = at < sizeof header;
        for (int i = 0; i < PART_COUNT && !used; i++)
            used = at >= header.part[i].offset &&
                   at - header.part[i].offset < (uint64_t)header.part[i].count * header.part[i].row;
        if (!used)
            continue;
        made.bytes[at] ^= 1u << at % 8;
        cr_assert(!image_is_valid(made.bytes, made.size), "byte %zu", at);
        made.bytes[at] ^= 1u << at % 8;
    }
    cr_assert(image_is_valid(made.bytes, made.size));
}

/* Each of these alone must be refused. */
Test(image, refuses_each_fault)
{
    static struct made good, made;
    make(&good);
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        made = good;                                                                               \
        struct rewrite_header *header = header_of(&made);                                          \
        struct rewrite_moved *rows =                                                               \
            (struct rewrite_moved *)(made.bytes + header->part[PART_MOVED].offset);                \
        struct rewrite_patch *patch =                                                              \
            (struct rewrite_patch *)(made.bytes + header->part[PART_PATCHES].offset);              \
        uint32_t *slots = (uint32_t *)(made.bytes + header->part[PART_SLOTS].offset);              \
        uint32_t *by_text = (uint32_t *)(made.bytes + header->part[PART_BY_TEXT].offset);          \
        (void)rows, (void)patch, (void)slots, (void)by_text;                                       \
        change;                                                                                    \
        sign(&made);                                                                               \
        cr_expect(!image_is_valid(made.bytes, made.size), #change);                                \
    } while (0)
    REFUSED(header->magic[0] = 'h');
    REFUSED(header->version++);
    REFUSED(header->size--);
    REFUSED(header->form = FORM_COUNT);
    REFUSED(header->variant = REWRITE_VARIANTS);
    REFUSED(header->build_id_size = 21);
    REFUSED(header->text_start++);
    REFUSED(header->text_end = header->text_start);
    REFUSED(header->text_end += 1ull << 31);
    REFUSED(header->distance = 0); /* over the text */
    REFUSED(header->distance = 1ll << 31);
    REFUSED(header->distance += 8);
    REFUSED(header->part[PART_CODE].count = 0);
    REFUSED(header->part[PART_CODE].count -= 8);
    REFUSED(header->part[PART_MOVED].row = 8);
    REFUSED(patch->offset = PAGE - 10);
    REFUSED(patch->size = 10); /* bytes left over */
    REFUSED(patch->jump = 12);
    REFUSED(slots[0] = 60);
    REFUSED(slots[1] = slots[0] + 3);
    REFUSED(slots[1] = PAGE - 3);
    REFUSED(rows[1].code = RUN + 2);
    REFUSED(rows[5].size = PAGE);
    REFUSED(rows[5].text = PAGE - 1);
    REFUSED(rows[2].scratch = 4);
    REFUSED(by_text[3] = 6);
    REFUSED(by_text[0] = 3);
}

/* Damaged at random, at the very end of what may be read: never a fault, and what is accepted is
   used without one. */
Test(image, survives_damage)
{
    static struct made good;
    make(&good);
    size_t room = sizeof good.bytes;
    unsigned char *area =
        mmap(NULL, room + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(area + room, PAGE, PROT_NONE);
    srandom(1);
    unsigned accepted = 0;
    for (int round = 0; round < 200000; round++) {
        size_t size = random() % 8 ? good.size : (size_t)random() % good.size & ~7ul;
        unsigned char *bytes = area + room - size;
        memcpy(bytes, good.bytes, size);
        struct made *made = (struct made *)bytes;
        for (int n = (int)(random() % 3); n >= 0 && size; n--) {
            size_t where = random() % 2 ? (size_t)random() % sizeof(struct rewrite_header)
                                        : (size_t)random() % size;
            if (where < size)
                bytes[where] = (unsigned char)(random() % 4 ? random() : random() % 2 ? 0xff : 0);
        }
        struct rewrite_header *header = (struct rewrite_header *)made->bytes;
        bool inside = size >= sizeof *header;
        for (int i = 0; inside && i < PART_COUNT; i++)
            inside = header->part[i].offset <= size && header->part[i].row < 64 &&
                     (uint64_t)header->part[i].count * header->part[i].row <=
                         size - header->part[i].offset;
        if (inside)
            sign(made);
        if (!image_is_valid(bytes, size))
            continue;
        accepted++;
        struct image_file image = {.header = header, .size = size, .fd = -1};
        struct moved_module module = {.code_start = 1u << 30,
                                      .code_end = (1u << 30) + image_count(&image, PART_CODE),
                                      .text_start = 1u << 20,
                                      .text_end = (1u << 20) + PAGE,
                                      .rows = image_part(&image, PART_MOVED),
                                      .by_text = image_part(&image, PART_BY_TEXT),
                                      .count = image_count(&image, PART_MOVED),
                                      .by_text_count = image_count(&image, PART_BY_TEXT)};
        for (uintptr_t at = 0; at < 256; at++) {
            moved_row(&module, module.code_start + at);
            moved_entry(&module, module.text_start + at, at & 1);
        }
    }
    cr_assert_gt(accepted, 100);
}

static char folder[64];

static void write_image(const struct made *made, const char *name, mode_t mode)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    fchmod(fd, mode);
    cr_assert_eq(write(fd, made->bytes, made->size), (ssize_t)made->size);
    close(fd);
}

static int make_folder(void)
{
    strcpy(folder, "/tmp/holdfast-test-XXXXXX");
    cr_assert(mkdtemp(folder));
    return open(folder, O_RDONLY | O_DIRECTORY);
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

Test(image, opens_only_what_is_safe)
{
    static struct made made;
    struct image_file image;
    make(&made);
    int fd = make_folder();
    write_image(&made, "good", 0600);
    write_image(&made, "shared", 0620);
    write_image(&made, "open", 0602);
    symlinkat("good", fd, "link");
    mkfifoat(fd, "fifo", 0600);
    mkdirat(fd, "folder", 0700);
    cr_assert(image_open(&image, fd, "good"));
    image_close(&image);
    cr_expect(!image_open(&image, fd, "shared"));
    cr_expect(!image_open(&image, fd, "open"));
    cr_expect(!image_open(&image, fd, "link"));
    cr_expect(!image_open(&image, fd, "fifo"));
    cr_expect(!image_open(&image, fd, "folder"));
    cr_expect(!image_open(&image, fd, "missing"));
    if (geteuid() == 0) {
        cr_assert_eq(fchownat(fd, "good", 1, 1, 0), 0);
        cr_expect(!image_open(&image, fd, "good"));
    }
    close(fd);
    remove_folder();
}

/* The folder of the environment is not used: the one in /tmp is, or none. */
static bool is_refused(const char *cache_home, const char *own)
{
    cache_start_up(cache_home, NULL);
    int fd = cache_open();
    if (fd >= 0)
        close(fd);
    return strcmp(cache_path(), own) != 0;
}

Test(cache, folder_is_the_users_own)
{
    char path[128], own[140], other[160];
    close(make_folder());
    umask(0);
    snprintf(path, sizeof path, "%s/cache", folder);
    snprintf(own, sizeof own, "%s/holdfast", path);
    cache_start_up(path, NULL);
    cr_assert_str_eq(cache_path(), own);
    int fd = cache_open();
    cr_assert_geq(fd, 0);
    struct stat status;
    fstat(fd, &status);
    cr_expect_eq(status.st_mode & 07777, 0700);
    close(fd);
    cr_expect(!is_refused(path, own));
    chmod(own, 0720);
    cr_expect(is_refused(path, own));
    chmod(own, 0700);
    snprintf(other, sizeof other, "%s/other", folder);
    cr_assert_eq(rename(own, other), 0);
    cr_assert_eq(symlink(other, own), 0);
    cr_expect(is_refused(path, own));
    if (geteuid() == 0) {
        unlink(own);
        mkdir(own, 0700);
        cr_assert_eq(chown(own, 1, 1), 0);
        cr_expect(is_refused(path, own));
    }
    remove_folder();
    cache_start_up(NULL, "/home/x");
    cr_expect_str_eq(cache_path(), "/home/x/.cache/holdfast");
    cache_start_up("relative", NULL);
    cr_expect(!strncmp(cache_path(), "/tmp/holdfast-", 14));
}

Test(cache, names_tell_apart)
{
    uint8_t id[20] = {1, 2, 0xab};
    struct cache_key key = {.build_id = id, .build_id_size = 3, .form = FORM_GS};
    char name[CACHE_NAME_MAX], other[CACHE_NAME_MAX];
    cache_name(&key, name);
    cr_expect(!strncmp(name, "0102ab-gs0-v", 12));
    struct cache_key variants[6] = {key, key, key, key, key, key};
    variants[0].form = FORM_FLIP;
    variants[1].variant = 1;
    variants[2].options = 5;
    variants[3].build_id_size = 4;
    variants[4].build_id_size = 0;
    variants[5].rewriter = 7;
    for (int i = 0; i < 6; i++) {
        cache_name(&variants[i], other);
        cr_expect_str_neq(name, other);
    }
    key.build_id_size = 0;
    key.file_size = 1;
    cache_name(&key, name);
    key.file_size = 2;
    cache_name(&key, other);
    cr_expect_str_neq(name, other);
}

Test(target, patterns)
{
    cr_expect(target_fits("/usr/lib/libx.so.1", "libx", true));
    cr_expect(target_fits("/usr/lib/libx.so.1", "liby,libx.so.1", true));
    cr_expect(target_fits("/usr/lib/libx.so.1", "lib*", true));
    cr_expect(target_fits("/usr/lib/libx.so.1", "lib?.so*", true));
    cr_expect(!target_fits("/usr/lib/libxy.so.1", "libx", true));
    cr_expect(!target_fits("/usr/lib/libx.so.1", "", true));
    cr_expect(!target_fits("/usr/lib/libx.so.1", "libx!f", true));
    cr_expect(target_fits("/usr/lib/libx.so.1", "libx!f*", false));
    cr_expect(!target_fits("/bin/main", "libx!f*,y", false));
}

static const void *const thunks[THUNK_COUNT];
static struct image_file image;
static struct moved_module *entry;
static unsigned met;

static void count_net(void *owner)
{
    met++;
}

static void put_to_work(void)
{
    static struct made made;
    struct moved_module module;
    make(&made);
    int fd = make_folder();
    write_image(&made, "good", 0600);
    cr_assert(image_open(&image, fd, "good"));
    net_met = count_net;
    net_start_up(NULL, FORM_GS, NULL);
    cr_assert_eq(commit(&own, &image, thunks, &module), WATCHED_YES);
    entry = moved_add(&module);
    close(fd);
    remove_folder();
}

#define MOVED_IS 2 /* less: see make() */

Test(commit, runs_moved_code)
{
    int more = 10;
    cr_assert_eq(victim(1, &more), 17);
    put_to_work();
    cr_expect_eq(victim(1, &more), 17 - MOVED_IS);
    cr_expect_eq(met, 0u);
    /* Twice: the text is no longer as it should be. */
    struct moved_module module;
    cr_expect_eq(commit(&own, &image, thunks, &module), WATCHED_DIFFERS);
    commit_restore_text(&own, &image);
    cr_expect_eq(victim(1, &more), 17);
}

Test(commit, nothing_is_done_where_there_is_no_room)
{
    int more = 10;
    void *at = mmap((char *)victim + DISTANCE, PAGE, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    cr_assert_neq(at, MAP_FAILED);
    static struct made made;
    struct moved_module module;
    make(&made);
    int fd = make_folder();
    write_image(&made, "good", 0600);
    cr_assert(image_open(&image, fd, "good"));
    cr_expect_eq(commit(&own, &image, thunks, &module), WATCHED_NO_ROOM);
    cr_expect_eq(victim(1, &more), 17);
    close(fd);
    remove_folder();
}

/* A jump to a place inside of a run, which nobody knew of: with the borrowed register as the
   program has it. */
static int jump_inside(const char *to, int value, const int *more, uint64_t *r11)
{
    register const int *rsi __asm__("rsi") = more;
    register uint64_t kept __asm__("r11") = *r11;
    int result = value;
    __asm__ volatile("call *%[to]"
                     : "+a"(result), "+r"(kept), "+r"(rsi)
                     : [to] "r"(to)
                     : "rdi", "memory", "cc");
    *r11 = kept;
    return result;
}

Test(net, catches_jumps_into_runs)
{
    int more = 10;
    uint64_t r11 = 0x1234567890;
    put_to_work();
    cr_expect_eq(jump_inside(victim_three, 100, &more, &r11), 113);
    cr_expect_eq(r11, 0x1234567890ul);
    cr_expect_eq(met, 1u);
    cr_expect_eq(jump_inside(victim_load, 100, &more, &r11), 110);
    cr_expect_eq(r11, 0x1234567890ul);
    cr_expect_eq(met, 2u);
}

static sigjmp_buf back;
static uintptr_t seen_pc, seen_address;
static uint64_t seen_r11;
static int *good_pointer;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    seen_pc = (uintptr_t)registers[REG_RIP];
    seen_r11 = (uint64_t)registers[REG_R11];
    seen_address = (uintptr_t)info->si_addr;
    if (good_pointer) {
        registers[REG_RSI] = (greg_t)good_pointer;
        registers[REG_R11] = 77;
    } else {
        siglongjmp(back, 1);
    }
}

static void take_faults(void)
{
    struct kernel_action action = {.handler = on_fault, .flags = SA_SIGINFO};
    signals_standing_action(SIGSEGV, &action, NULL);
}

Test(net, shows_the_program_its_own_fault)
{
    put_to_work();
    take_faults();
    uint64_t r11 = 5;
    if (!sigsetjmp(back, 1))
        jump_inside(victim_three, 1, (int *)0x10, &r11);
    cr_expect_eq(seen_pc, (uintptr_t)victim_load);
    cr_expect_eq(seen_address, 0x10u);
    cr_expect_eq(seen_r11, 5u);
    /* And goes on with what the handler changed. */
    int more = 10;
    good_pointer = &more;
    cr_expect_eq(jump_inside(victim_three, 100, (int *)0x10, &r11), 113);
    cr_expect_eq(r11, 77u);
}

Test(net, leaves_the_programs_own_traps, .signal = SIGTRAP)
{
    put_to_work();
    __asm__ volatile("int3");
}

Test(net, dies_of_a_fault_in_the_program, .signal = SIGSEGV)
{
    put_to_work();
    victim(1, (int *)0x10);
}

Test(moved, maps_both_ways)
{
    put_to_work();
    uintptr_t code = entry->code_start, lift;
    cr_expect_eq(moved_translate(code + LOAD, &lift), (uintptr_t)victim_load);
    cr_expect_eq(moved_translate(code + LOAD + 1, &lift), (uintptr_t)victim_load);
    cr_expect_eq(moved_translate(code + GIVE_BACK, &lift), (uintptr_t)victim_end);
    cr_expect_eq(moved_translate(code + LEAVE + 5, &lift), code + LEAVE + 5);
    cr_expect_eq(moved_translate(5, &lift), 5u);
    cr_expect_null(moved_entry(entry, (uintptr_t)victim_end, false));
    cr_expect_eq(moved_entry(entry, (uintptr_t)victim_three, false)->code, BORROW);
    cr_expect_eq(moved_entry(entry, (uintptr_t)victim_three, true)->code, MOVED_THREE);
}

/* What a handler's own moved code leaves in the slots is nobody's business; tags may have moved on.
 */
Test(moved, slots_survive_a_handler)
{
    ucontext_t context = {0};
    struct moved_shown shown;
    rewrite_slots = (struct rewrite_slots){.write = 2,
                                           .read = 1,
                                           .flip = 3,
                                           .scratch = 4,
                                           .rax = 5,
                                           .flags = 6,
                                           .address = 7,
                                           .site = 8,
                                           .after = 9};
    moved_show(&shown, &context);
    memset(&rewrite_slots, 0xff, sizeof rewrite_slots);
    moved_hide(&shown, &context);
    cr_expect_eq(rewrite_slots.write, UINT64_MAX);
    cr_expect_eq(rewrite_slots.scratch, 4u);
    cr_expect_eq(rewrite_slots.rax, 5u);
    cr_expect_eq(rewrite_slots.flags, 6u);
    cr_expect_eq(rewrite_slots.address, 7u);
    cr_expect_eq(rewrite_slots.site, 8u);
    cr_expect_eq(rewrite_slots.after, 9u);
}

/* Registers and flags in both directions, for every state of a row. */
Test(moved, registers_come_and_go)
{
    static struct rewrite_moved row = {.code = 64, .text = 8, .size = 4, .length = 4};
    static const uint32_t by_text[] = {0};
    struct moved_module module = {.code_start = 1u << 30,
                                  .code_end = (1u << 30) + PAGE,
                                  .text_start = 1u << 20,
                                  .text_end = (1u << 20) + PAGE,
                                  .rows = &row,
                                  .by_text = by_text,
                                  .count = 1,
                                  .by_text_count = 1};
    cr_assert(moved_add(&module));
    for (unsigned state = 0; state < 64; state++) {
        row.state = (uint8_t)state;
        row.scratch = 9;
        greg_t registers[MOVED_REGISTERS], first[MOVED_REGISTERS];
        struct rewrite_slots slots = {0};
        for (int i = 0; i < MOVED_REGISTERS; i++)
            first[i] = registers[i] = 1000 + i;
        first[REG_EFL] = registers[REG_EFL] = 0x202 | (state & 1 ? 0x8d5 : 0x41);
        moved_enter(&module, &row, registers, &slots);
        cr_expect_eq(registers[REG_RIP], (1 << 30) + 64);
        cr_expect_eq(registers[REG_RSP], 1000 + REG_RSP - (state & MOVED_CALL ? 128 : 0));
        if (state & MOVED_BORROWED)
            registers[REG_R9] = -1;
        if (state & MOVED_RAX)
            registers[REG_RAX] = -1;
        if (state & MOVED_FLAGS)
            registers[REG_EFL] ^= 0x8d5;
        cr_expect(moved_to_program(registers, &slots));
        first[REG_RIP] = (1 << 20) + 8 + (state & MOVED_DONE ? 4 : 0);
        for (int i = 0; i < MOVED_REGISTERS; i++)
            cr_expect_eq(registers[i], first[i], "state %x register %d: %llx not %llx", state, i,
                         registers[i], first[i]);
    }
}
