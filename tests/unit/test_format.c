/*
 * What format_print and format_scan say of a format, against what libc does with it: strings end at
 * the last byte before a page that cannot be read, %n and scanf fill memory whose changes are
 * compared.
 */
#include "interpose/format.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <wchar.h>

#include "format/recording.h"

struct seen {
    struct {
        const void *at;
        size_t size;
        unsigned how;
    } row[80];
    unsigned count;
};

static void see(const void *at, size_t size, unsigned how, void *with)
{
    struct seen *seen = with;
    cr_assert(seen->count < 80);
    seen->row[seen->count].at = at;
    seen->row[seen->count].size = size;
    seen->row[seen->count++].how = how;
}

static struct seen printing(const char *format, ...)
{
    struct seen seen = {.count = 0};
    va_list arguments;
    va_start(arguments, format);
    format_print(&(struct format){format, false}, arguments, see, &seen);
    va_end(arguments);
    return seen;
}

static struct seen printing_wide(const wchar_t *format, ...)
{
    struct seen seen = {.count = 0};
    va_list arguments;
    va_start(arguments, format);
    format_print(&(struct format){format, true}, arguments, see, &seen);
    va_end(arguments);
    return seen;
}

static void expect(const struct seen *seen, unsigned i, const void *at, size_t size, unsigned how)
{
    cr_assert(i < seen->count, "no row %u of %u", i, seen->count);
    cr_expect(seen->row[i].at == at, "row %u: another address", i);
    cr_expect(seen->row[i].size == size, "row %u: %zu bytes, not %zu", i, seen->row[i].size, size);
    cr_expect(seen->row[i].how == how, "row %u: how", i);
}

/* A copy of size bytes that ends where the memory does. */
static void *at_end(const void *from, size_t size)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + 4096, 4096, PROT_NONE);
    return memcpy(pages + 4096 - size, from, size);
}

Test(format, strings)
{
    char *text = at_end("hello", 6);
    struct seen seen = printing("%d %s %f %s%%", 1, text, 2.0, text);
    cr_expect(seen.count == 2);
    expect(&seen, 0, text, 6, ACCESS_READ);
    expect(&seen, 1, text, 6, ACCESS_READ);
}

Test(format, precision_ends_a_string)
{
    char *text = at_end("abc", 3); /* no NUL */
    struct seen seen = printing("%.3s|%-10.*s|%.0s|%.s", text, 2, text, text, text);
    cr_expect(seen.count == 4);
    expect(&seen, 0, text, 3, ACCESS_READ);
    expect(&seen, 1, text, 2, ACCESS_READ);
    expect(&seen, 2, text, 0, ACCESS_READ);
    expect(&seen, 3, text, 0, ACCESS_READ);
    text = at_end("ab", 3);
    seen = printing("%.9s %.*s", text, -1, text);
    expect(&seen, 0, text, 3, ACCESS_READ);
    expect(&seen, 1, text, 3, ACCESS_READ);
}

Test(format, every_argument_is_passed_over)
{
    char *text = at_end("x", 2);
    struct seen seen = printing(
        "%hhd%hd%ld%lld%jd%zd%td%qd%i%o%u%x%X%c%p%a%e%E%f%F%g%G%A%La%Lf%m%%%5d%-5d%+d% d%#x%'d"
        "%05.1f%*.*f%b%s",
        1, 2, 3l, 4ll, (intmax_t)5, (size_t)6, (ptrdiff_t)7, 8ll, 9, 10, 11, 12, 13, 'c', (void *)0,
        1., 2., 3., 4., 5., 6., 7., 8., 9.L, 10.L, 1, 2, 3, 4, 5, 6, 7., 8, 9, 10., 11, text);
    cr_expect(seen.count == 1);
    expect(&seen, 0, text, 2, ACCESS_READ);
}

Test(format, positions)
{
    char *one = at_end("one", 4), *two = at_end("two!", 4);
    struct seen seen = printing("%3$.*2$s %1$s", one, 4, two);
    cr_expect(seen.count == 2);
    expect(&seen, 0, two, 4, ACCESS_READ);
    expect(&seen, 1, one, 4, ACCESS_READ);
    seen = printing("%2$s %1$f %2$s", 1.5, one);
    cr_expect(seen.count == 2);
    expect(&seen, 1, one, 4, ACCESS_READ);
}

Test(format, written_counts)
{
    char a;
    short b;
    int c;
    long d, e, f;
    long long g;
    struct seen seen = printing("%hhn%hn%n%ln%jn%zn%Ln", &a, &b, &c, &d, &e, &f, &g);
    cr_expect(seen.count == 7);
    expect(&seen, 0, &a, 1, ACCESS_WRITE);
    expect(&seen, 1, &b, 2, ACCESS_WRITE);
    expect(&seen, 2, &c, 4, ACCESS_WRITE);
    expect(&seen, 3, &d, 8, ACCESS_WRITE);
    expect(&seen, 5, &f, 8, ACCESS_WRITE);
    expect(&seen, 6, &g, 8, ACCESS_WRITE);
}

Test(format, no_string)
{
    struct seen seen = printing("%s %.3s %ls", NULL, NULL, NULL);
    cr_expect(seen.count == 0);
}

Test(format, wide_strings)
{
    wchar_t *text = at_end(L"abc", 16), *cut = at_end(L"abc", 12);
    char *narrow = at_end("abc", 4);
    struct seen seen = printing("%ls %S %.3ls %.0ls", text, text, cut, cut);
    cr_expect(seen.count == 4);
    expect(&seen, 0, text, 16, ACCESS_READ);
    expect(&seen, 1, text, 16, ACCESS_READ);
    expect(&seen, 2, cut, 12, ACCESS_READ);
    expect(&seen, 3, cut, 0, ACCESS_READ);
    seen = printing_wide(L"%d %s %ls", 1, narrow, text);
    cr_expect(seen.count == 2);
    expect(&seen, 0, narrow, 4, ACCESS_READ);
    expect(&seen, 1, text, 16, ACCESS_READ);
}

Test(format, broken_ones)
{
    char *text = at_end("x", 2);
    struct seen seen = printing("%s %", text);
    cr_expect(seen.count == 1);
    seen = printing("%s %y %s", text, text);
    cr_expect(seen.count == 1, "what follows an unknown conversion is not known");
    seen = printing("", text);
    cr_expect(seen.count == 0);
    seen = printing("%99999999999999999999d%s", 1, text);
    cr_expect(seen.count == 1);
    seen = printing("%1000$s%s", text);
    cr_expect(seen.count <= 1);
}

Test(format, more_arguments_than_are_looked_at)
{
    char format[256] = "", *text = at_end("x", 2);
    for (int i = 0; i < 80; i++)
        strcat(format, "%s");
    /* Only the first are fetched; the last of those is in its place. */
    struct seen seen =
        printing(format, text, text, text, text, text, text, text, text, text, text, text, text,
                 text, text, text, text, text, text, text, text, text, text, text, text, text, text,
                 text, text, text, text, text, text, text, text, text, text, text, text, text, text,
                 text, text, text, text, text, text, text, text, text, text, text, text, text, text,
                 text, text, text, text, text, text, text, text, text, text, text, text, text, text,
                 text, text, text, text, text, text, text, text, text, text, text, text);
    cr_expect(seen.count == FORMAT_ARGUMENTS);
    expect(&seen, FORMAT_ARGUMENTS - 1, text, 2, ACCESS_READ);
}

/* ---- scanf: memory before and after */

#define FIELDS 6
#define FIELD  32
struct area {
    char field[FIELDS][FIELD];
};

static void scanning(struct seen *seen, const char *format, bool old, int assigned, ...)
{
    va_list arguments;
    va_start(arguments, assigned);
    format_scan(&(struct format){format, false}, old, assigned, arguments, see, seen);
    va_end(arguments);
}

/* Every byte that libc changed is told, and of each field from its first byte; told beyond that is
   only what libc wrote with the value that was there (0x55 is never written). */
static void scan(const char *input, const char *format, bool old)
{
    struct area area, told;
    struct seen seen = {.count = 0};
    memset(&area, 0x55, sizeof area);
    memset(&told, 0, sizeof told);
#define SCAN_ARGUMENTS                                                                             \
    area.field[0], area.field[1], area.field[2], area.field[3], area.field[4], area.field[5]
    int assigned = sscanf(input, format, SCAN_ARGUMENTS);
    scanning(&seen, format, old, assigned, SCAN_ARGUMENTS);
    for (unsigned i = 0; i < seen.count; i++) {
        size_t at = (size_t)((const char *)seen.row[i].at - (const char *)&area);
        cr_assert(at + seen.row[i].size <= sizeof area, "%s: outside", format);
        cr_expect(seen.row[i].how == ACCESS_WRITE);
        memset((char *)&told + at, 1, seen.row[i].size);
    }
    for (size_t i = 0; i < sizeof area; i++)
        cr_expect(((char *)&told)[i] == (((char *)&area)[i] != 0x55),
                  "\"%s\" of \"%s\" (%d assigned): byte %zu of field %zu is %stold", format, input,
                  assigned, i % FIELD, i / FIELD, ((char *)&told)[i] ? "" : "not ");
}

Test(format, scans)
{
    static const char *const cases[][2] = {
        {"1 2 3", "%d %d %d"},
        {"1 x 3", "%d %d %d"},
        {"", "%d"},
        {"1 2 3 4 5", "%hhd %hd %ld %lld %jd"},
        {"1 2 3", "%zd %td %qd"},
        {"1.5 2.5 3.5", "%f %lf %Lf"},
        {"1e3 0x1p3 2", "%e %a %G"},
        {"word other", "%s %s"},
        {"word other", "%2s%s"},
        {"abc", "%c%c%c"},
        {"abcdef", "%3c%2c"},
        {"aab1", "%[a]%[b]%d"},
        {"a]b", "%[a]]%c"},
        {"]]x", "%[]]%c"},
        {"xyz]", "%[^]]%c"},
        {"1 2", "%*d %d"},
        {"12abc", "%d%n%s"},
        {"12", "%d%n"},
        {"12", "%d %n"},
        {"12", "%d x%n"},
        {"0x1f ff 17", "%i %x %o"},
        {"0x1234", "%p"},
        {"5%6", "%d%%%d"},
        {"2 1", "%2$d %1$hd"},
        {"10:20:30", "%d:%d:%d"},
        {"10:20;30", "%d:%d:%d"},
        {"ab", "%ls"},
        {"-1,+2", "%d,%u"},
        {"+7 8", "%5d%2d"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        scan(cases[i][0], cases[i][1], false);
}

/* Whether libc came past the x is not to be seen in what it returns. */
Test(format, scan_count_after_text)
{
    struct seen seen = {.count = 0};
    int value, count;
    scanning(&seen, "%d x%n", false, 1, &value, &count);
    cr_expect(seen.count == 1);
}

Test(format, scan_that_allocates)
{
    char *made[2] = {NULL, NULL};
    struct seen seen = {.count = 0};
    int assigned = sscanf("word 17 [x]", "%ms %*d [%m[a-z]]", &made[0], &made[1]);
    cr_assert(assigned == 2);
    scanning(&seen, "%ms %*d [%m[a-z]]", false, assigned, &made[0], &made[1]);
    cr_expect(seen.count == 4);
    expect(&seen, 0, &made[0], sizeof(char *), ACCESS_WRITE);
    expect(&seen, 1, made[0], 5, ACCESS_WRITE);
    expect(&seen, 3, made[1], 2, ACCESS_WRITE);
    seen.count = 0;
    scanning(&seen, "%as %a", true, 1, &made[0], &made[1]);
    cr_expect(seen.count == 2);
    expect(&seen, 1, made[0], 5, ACCESS_WRITE);
    free(made[0]);
    free(made[1]);
}
