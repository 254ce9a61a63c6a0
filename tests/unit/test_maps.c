/* Lines of /proc/PID/maps. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "shim/state/maps.h"

static bool parse(const char *text, struct mapping *ret_mapping)
{
    static char line[512];
    strcpy(line, text);
    return mapping_parse(line, ret_mapping);
}

Test(maps, a_file)
{
    struct mapping m;
    cr_assert(
        parse("7f0000001000-7f0000003000 rw-p 001d3000 fd:00 1234      /usr/lib/libc.so.6", &m));
    cr_expect_eq(m.start, 0x7f0000001000ul);
    cr_expect_eq(m.end, 0x7f0000003000ul);
    cr_expect_eq(m.kind, MAPPING_FILE);
    cr_expect(m.readable && m.writable && !m.executable && !m.shared && m.libc);
    cr_expect_str_eq(m.name, "/usr/lib/libc.so.6");
}

Test(maps, kinds_by_name)
{
    static const struct {
        const char *name;
        enum mapping_kind kind;
    } cases[] = {
        {"", MAPPING_ANONYMOUS},
        {"[heap]", MAPPING_HEAP},
        {"[stack]", MAPPING_STACK},
        {"[anon:a name]", MAPPING_ANONYMOUS},
        {"[anon_shmem:a name]", MAPPING_MEMORY},
        {"[vdso]", MAPPING_SPECIAL},
        {"[vvar]", MAPPING_SPECIAL},
        {"[vsyscall]", MAPPING_SPECIAL},
        {"/dev/zero (deleted)", MAPPING_MEMORY},
        {"/dev/shm/x", MAPPING_MEMORY},
        {"/memfd:pool (deleted)", MAPPING_MEMORY},
        {"/SYSV00000000 (deleted)", MAPPING_MEMORY},
        {"/dev/dri/card0", MAPPING_SPECIAL},
        {"anon_inode:[perf_event]", MAPPING_SPECIAL},
        {"/home/a [heap]", MAPPING_FILE},
        {"/usr/lib/libcrypto.so.3", MAPPING_FILE},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[300];
        struct mapping m;
        snprintf(line, sizeof line, "1000-2000 ---p 00000000 00:00 0 %s", cases[i].name);
        cr_assert(mapping_parse(line, &m), "%s", cases[i].name);
        cr_expect_eq(m.kind, cases[i].kind, "%s", cases[i].name);
        cr_expect(!m.readable && !m.libc, "%s", cases[i].name);
    }
}

Test(maps, what_is_no_line)
{
    static const char *const bad[] = {
        "",
        "1000",
        "1000-",
        "1000-2000",
        "1000-2000 r",
        "1000-2000 rw-p",
        "2000-1000 rw-p 0 00:00 0",
        "1000-1000 rw-p 0 00:00 0",
        "g000-2000 rw-p 0 00:00 0",
        "10000000000000000-20000000000000000 rw-p 0 00:00 0",
        "1000-2000 rw-p 0 0000 0",
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mapping m;
        cr_expect_not(parse(bad[i], &m), "\"%s\"", bad[i]);
    }
}

struct search {
    uintptr_t address, last_end;
    bool found, ordered;
};

static void look(const struct mapping *mapping, void *with)
{
    struct search *search = with;
    search->ordered = search->ordered && mapping->start >= search->last_end;
    search->last_end = mapping->end;
    search->found |= search->address >= mapping->start && search->address < mapping->end &&
                     mapping->readable && mapping->writable;
}

Test(maps, of_this_process_hold_its_data)
{
    static char buffer[MAPS_BUFFER];
    struct search search = {.address = (uintptr_t)buffer, .ordered = true};
    cr_assert_eq(maps_each(buffer, look, &search), 0);
    cr_expect(search.found);
    cr_expect(search.ordered);
}

#define PAGES 300

struct seen {
    uintptr_t base;
    unsigned char page[PAGES];
};

static void see(uintptr_t start, uintptr_t end, void *with)
{
    struct seen *seen = with;
    for (; start < end; start += 4096)
        seen->page[(start - seen->base) / 4096]++;
}

/* Asks with or without PAGEMAP_SCAN, which older kernels lack. */
static void ask(char *base, bool shared, bool own_copies, bool no_scan, struct seen *ret_seen)
{
    struct page_reader reader;
    struct page_query query = {.start = (uintptr_t)base,
                               .end = (uintptr_t)base + PAGES * 4096,
                               .shared = shared,
                               .own_copies = own_copies,
                               .visit = see,
                               .with = ret_seen};
    memset(ret_seen, 0, sizeof *ret_seen);
    ret_seen->base = (uintptr_t)base;
    page_reader_open(&reader);
    cr_assert_geq(reader.fd, 0);
    reader.no_scan = no_scan;
    cr_expect(pages_present(&reader, &query));
    page_reader_close(&reader);
}

static bool is_touched(int page)
{
    return page % 7 == 3 || (page > 100 && page < 150) || page == PAGES - 1;
}

static void touch(char *base)
{
    for (int i = 0; i < PAGES; i++)
        if (is_touched(i))
            base[i * 4096 + 5] = 1;
}

static void expect_touched(const struct seen *seen)
{
    for (int i = 0; i < PAGES; i++)
        cr_expect_eq(seen->page[i], is_touched(i), "page %d", i);
}

static char *map(int flags, int fd)
{
    char *base = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, flags, fd, 0);
    cr_assert_neq(base, MAP_FAILED);
    madvise(base, PAGES * 4096, MADV_NOHUGEPAGE);
    return base;
}

Test(pages, of_anonymous_memory_are_those_touched)
{
    struct seen seen;
    char *base = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    touch(base);
    for (int no_scan = 0; no_scan < 2; no_scan++) {
        ask(base, false, false, no_scan, &seen);
        expect_touched(&seen);
    }
}

Test(pages, of_shared_memory_are_not_made_by_looking)
{
    struct seen seen;
    char *base = map(MAP_SHARED | MAP_ANONYMOUS, -1);
    touch(base);
    ask(base, true, false, false, &seen);
    expect_touched(&seen);
}

Test(pages, of_a_private_file_are_those_written)
{
    struct seen seen;
    char name[] = "/tmp/holdfast-pages-XXXXXX";
    int fd = mkstemp(name);
    cr_assert_geq(fd, 0);
    unlink(name);
    cr_assert_eq(ftruncate(fd, PAGES * 4096), 0);
    char *base = map(MAP_PRIVATE, fd);
    volatile char sum = 0;
    for (int i = 0; i < PAGES; i++)
        sum += base[i * 4096];
    touch(base);
    for (int no_scan = 0; no_scan < 2; no_scan++) {
        ask(base, false, true, no_scan, &seen);
        expect_touched(&seen);
    }
    close(fd);
}
