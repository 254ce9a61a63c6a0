/* Names of addresses: the same as addr2line's, on a program with inlined functions. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol.h"

static struct symbol_file *file_of(struct symbol_store *store, const char *path)
{
    struct module_identity identity = {path, (const uint8_t *)"", 0, 0, 0};
    return symbol_file_of(store, &identity);
}

/* [low, high) of a function, from nm. */
static bool function_range(const char *name, unsigned long *ret_low, unsigned long *ret_high)
{
    char line[256], symbol[128];
    unsigned long low, size;
    bool found = false;
    FILE *nm = popen("nm -S --defined-only " INLINED_PROGRAM " 2>/dev/null", "r");
    while (nm && fgets(line, sizeof line, nm))
        if (sscanf(line, "%lx %lx %*c %127s", &low, &size, symbol) == 3 && !strcmp(symbol, name)) {
            *ret_low = low;
            *ret_high = low + size;
            found = true;
        }
    if (nm)
        pclose(nm);
    return found;
}

/* "function\nfile:line\n…" of addr2line -i -f for one address, without its remarks. */
static void reference(unsigned long address, char *ret_text, size_t size)
{
    char command[512], line[512];
    snprintf(command, sizeof command, "addr2line -i -f -e %s 0x%lx", INLINED_PROGRAM, address);
    FILE *pipe = popen(command, "r");
    cr_assert(pipe);
    *ret_text = 0;
    while (fgets(line, sizeof line, pipe)) {
        line[strcspn(line, "\n(")] = 0;
        const char *slash = strrchr(line, '/');
        size_t used = strlen(ret_text);
        snprintf(ret_text + used, size - used, "%s ", slash ? slash + 1 : line);
        for (char *end = ret_text + strlen(ret_text); end > ret_text + 1 && end[-2] == ' ';)
            *--end = 0;
    }
    pclose(pipe);
}

static void ours(struct symbol_file *file, unsigned long address, char *ret_text, size_t size)
{
    const struct place_names *names = symbol_at(file, address);
    *ret_text = 0;
    for (unsigned i = 0; names && i < names->count; i++) {
        const struct place_name *name = &names->names[i];
        const char *slash = name->file ? strrchr(name->file, '/') : NULL;
        size_t used = strlen(ret_text);
        snprintf(ret_text + used, size - used, "%s %s:%u ", name->function ? name->function : "??",
                 slash ? slash + 1 : "??", name->line);
    }
}

Test(tools_symbol, names_and_lines_are_those_of_addr2line)
{
    static const char *const functions[] = {"main", "outer"};
    char theirs[2048], own[2048];
    unsigned compared = 0, inlined = 0;
    if (system("command -v addr2line nm >/dev/null"))
        cr_skip_test("addr2line and nm are not installed");
    struct symbol_store *store = symbol_store_create();
    struct symbol_file *file = file_of(store, INLINED_PROGRAM);
    for (unsigned i = 0; i < 2; i++) {
        unsigned long low, high;
        cr_assert(function_range(functions[i], &low, &high), "%s", functions[i]);
        for (unsigned long address = low; address < high; address += 3) {
            reference(address, theirs, sizeof theirs);
            ours(file, address, own, sizeof own);
            if (strstr(theirs, ":0 ") || strstr(theirs, ":? "))
                continue; /* code without a line */
            cr_expect_str_eq(own, theirs, "at 0x%lx: \"%s\", not \"%s\"", address, own, theirs);
            compared++;
            inlined += strstr(own, "innermost") && strstr(own, "middle") && strstr(own, "outer");
        }
    }
    cr_expect_gt(compared, 30);
    cr_expect_gt(inlined, 0, "the chain of inlined functions was there");
    symbol_store_destroy(store);
}

Test(tools_symbol, variables_are_named)
{
    unsigned long low, high;
    if (!function_range("named_table", &low, &high))
        cr_skip_test("nm is not installed");
    struct symbol_store *store = symbol_store_create();
    struct symbol_file *file = file_of(store, INLINED_PROGRAM);
    cr_expect_str_eq(symbol_variable(file, low), "named_table");
    cr_expect_str_eq(symbol_variable(file, high - 1), "named_table+63");
    cr_expect_null(symbol_variable(file, high + 4096));
    symbol_store_destroy(store);
}

Test(tools_symbol, files_that_are_gone_or_replaced_name_nothing)
{
    struct symbol_store *store = symbol_store_create();
    unsigned long low, high;
    if (!function_range("main", &low, &high))
        cr_skip_test("nm is not installed");
    cr_expect_null(symbol_at(file_of(store, "/nowhere/app"), low));
    cr_expect_null(symbol_at(file_of(store, "[vdso]"), low));
    cr_expect_null(symbol_at(file_of(store, "/dev/null"), low));
    struct module_identity identity = {INLINED_PROGRAM, (const uint8_t *)"12345678901234567890", 20,
                                       0, 0};
    cr_expect_null(symbol_at(symbol_file_of(store, &identity), low), "another build-id");
    identity = (struct module_identity){INLINED_PROGRAM, (const uint8_t *)"", 0, 12, 0};
    cr_expect_null(symbol_at(symbol_file_of(store, &identity), low), "another size");
    cr_expect_not_null(symbol_at(file_of(store, INLINED_PROGRAM), low));
    symbol_store_destroy(store);
}

Test(tools_symbol, names_are_demangled)
{
    static const char *const names[][2] = {
        {"_ZN3foo3barEi", "foo::bar(int)"},
        {"_ZNSt6vectorIiSaIiEE9push_backERKi",
         "std::vector<int, std::allocator<int> >::push_back(int const&)"},
        {"_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE", "core::fmt::Formatter::write_str"},
        {"_RNvC7mycrate3foo", "mycrate::foo"},
    };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *plain = symbol_demangle(names[i][0]);
        cr_expect(plain && !strcmp(plain, names[i][1]), "%s: %s", names[i][0], plain);
        free(plain);
    }
    cr_expect_null(symbol_demangle("main"));
    cr_expect_null(symbol_demangle("_Z"));
}
