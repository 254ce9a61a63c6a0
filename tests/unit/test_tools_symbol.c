/* Names of addresses: the same as addr2line's, on a program with inlined functions. */
#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inlined.h"
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

/* Of the symbol itself (0), or that many bytes into it. */
static const char *variable_at(struct symbol_file *file, const char *symbol, unsigned long offset,
                               unsigned long size)
{
    unsigned long low, high;
    cr_assert(function_range(symbol, &low, &high), "%s", symbol);
    const struct variable_name *name = symbol_variable(file, low + offset, size);
    return name ? name->name : "(none)";
}

Test(tools_symbol, variables_are_named)
{
    unsigned long low, high;
    if (!function_range("named_table", &low, &high))
        cr_skip_test("nm is not installed");
    struct symbol_store *store = symbol_store_create();
    struct symbol_file *file = file_of(store, INLINED_PROGRAM);
    cr_expect_str_eq(variable_at(file, "named_table", 0, 4), "named_table[0]");
    cr_expect_str_eq(variable_at(file, "named_table", 0, 64), "named_table");
    cr_expect_str_eq(variable_at(file, "named_table", 0, 9), "named_table");
    cr_expect_str_eq(variable_at(file, "named_table", 63, 1), "named_table[15]+3");
    cr_expect_null(symbol_variable(file, high + 4096, 1));
    const struct variable_name *name = symbol_variable(file, low, 4);
    const char *slash = name->file ? strrchr(name->file, '/') : NULL;
    cr_expect(slash && !strcmp(slash, "/inlined.c"), "%s", name->file);
    cr_expect_eq(name->line, 6);
    symbol_store_destroy(store);
}

Test(tools_symbol, members_are_named)
{
    unsigned long low, high;
    if (!function_range("named_state", &low, &high))
        cr_skip_test("nm is not installed");
    struct symbol_store *store = symbol_store_create();
    struct symbol_file *file = file_of(store, INLINED_PROGRAM);
    cr_expect_str_eq(variable_at(file, "named_state", 0, 4), "named_state.version");
    cr_expect_str_eq(variable_at(file, "named_state", offsetof(struct named_state, lock), 1),
                     "named_state.lock", "not what the lock is made of");
    cr_expect_str_eq(
        variable_at(file, "named_state", offsetof(struct named_state, rows[1][2].count), 8),
        "named_state.rows[1][2].count");
    cr_expect_str_eq(variable_at(file, "named_state", offsetof(struct named_state, number), 4),
                     "named_state.number");
    cr_expect_str_eq(variable_at(file, "calls.0", 0, 4), "outer::calls");
    const struct variable_name *name = symbol_thread_variable(file, 16, 4);
    cr_expect(name && !strncmp(name->name, "named_own", 9), "%s", name ? name->name : "(none)");
    cr_expect_null(symbol_thread_variable(file, 4096, 4));
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
