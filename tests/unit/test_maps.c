/* Lines of /proc/PID/maps. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

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
