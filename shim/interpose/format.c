#include "interpose/format.h"

#include <wchar.h>

#include "base/memory.h"
#include "format/recording.h"

/* ---- lengths of strings, at most limit; aligned words never meet another page */

static size_t text_size(const char *text, size_t limit)
{
    size_t length = 0;
    for (; length < limit && ((uintptr_t)(text + length) & 7); length++)
        if (!text[length])
            return length + 1;
    for (; limit - length >= 8; length += 8) {
        uint64_t word = *(const uint64_t *)(text + length);
        if ((word - 0x0101010101010101ull) & ~word & 0x8080808080808080ull)
            break;
    }
    for (; length < limit; length++)
        if (!text[length])
            return length + 1;
    return limit;
}

static size_t wide_size(const wchar_t *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length])
        length++;
    return (length < limit ? length + 1 : limit) * sizeof *text;
}

/* %ls with a precision, which counts bytes of output: no character gives less than one, and in
   UTF-8 none more than these. What may be read but need not is left out. */
static size_t wide_size_of_bytes(const wchar_t *text, size_t bytes)
{
    size_t length = 0;
    while (bytes) {
        wchar_t c = text[length++];
        size_t needs = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (!c || needs >= bytes)
            break;
        bytes -= needs;
    }
    return length * sizeof *text;
}

size_t format_size(const struct format *format)
{
    return format->wide ? wide_size(format->text, SIZE_MAX) : text_size(format->text, SIZE_MAX);
}

/* ---- the grammar */

struct conversion {
    uint32_t letter;
    uint8_t size; /* of an integer, by its length modifier; 16 = long double; 0 = none given */
    bool is_long; /* l: of characters, wide ones */
    bool quiet;   /* scanf: assigns nothing */
    bool makes;   /* scanf: allocates */
    int value, width_value, precision_value; /* arguments, -1 none */
    long width, precision;                   /* -1 none */
};

struct reader {
    struct format format;
    size_t at;
    int next;     /* argument without a position */
    bool literal; /* more than blanks stood before the conversion */
};

static uint32_t look(const struct reader *reader)
{
    if (reader->format.wide)
        return (uint32_t)((const wchar_t *)reader->format.text)[reader->at];
    return ((const unsigned char *)reader->format.text)[reader->at];
}

static bool accept(struct reader *reader, char c)
{
    if (look(reader) != (unsigned char)c)
        return false;
    reader->at++;
    return true;
}

static bool accept_any(struct reader *reader, const char *set)
{
    uint32_t c = look(reader);
    if (!c || c > 127 || !text_find(set, (char)c))
        return false;
    reader->at++;
    return true;
}

/* A decimal number, -1 when there is none. */
static long number(struct reader *reader)
{
    long value = -1;
    for (; look(reader) >= '0' && look(reader) <= '9'; reader->at++) {
        long digit = (long)look(reader) - '0';
        if (value < 100000000)
            value = (value < 0 ? 0 : value) * 10 + digit;
    }
    return value;
}

/* "n$": the number of an argument, from 0; -1 when it is not there (nothing is skipped then). */
static int position(struct reader *reader)
{
    size_t start = reader->at;
    long value = number(reader);
    if (value > 0 && accept(reader, '$'))
        return (int)(value - 1);
    reader->at = start;
    return -1;
}

/* A number, or "*" or "*n$" for one that is an argument. */
static long quantity(struct reader *reader, int *ret_value)
{
    if (!accept(reader, '*'))
        return number(reader);
    int at = position(reader);
    *ret_value = at >= 0 ? at : reader->next++;
    return -1;
}

static void modifiers(struct reader *reader, struct conversion *conversion)
{
    for (;;) {
        if (accept(reader, 'h')) {
            conversion->size = conversion->size == 2 ? 1 : 2;
        } else if (accept(reader, 'l')) {
            conversion->is_long = true;
            conversion->size = 8;
        } else if (accept(reader, 'L') || accept(reader, 'q')) {
            conversion->size = 16;
        } else if (accept_any(reader, "jzZt")) {
            conversion->size = 8;
        } else {
            return;
        }
    }
}

/* To the next conversion; false at the end. */
static bool find_conversion(struct reader *reader, struct conversion *ret_conversion)
{
    reader->literal = false;
    for (; look(reader) && look(reader) != '%'; reader->at++)
        reader->literal |= look(reader) > ' ';
    if (!look(reader))
        return false;
    reader->at++;
    *ret_conversion = (struct conversion){
        .value = -1, .width_value = -1, .precision_value = -1, .width = -1, .precision = -1};
    return true;
}

static bool letter(struct reader *reader, struct conversion *conversion, const char *known)
{
    uint32_t c = conversion->letter = look(reader);
    if (!c || c > 127 || !text_find(known, (char)c))
        return false;
    reader->at++;
    return true;
}

static bool next_print(struct reader *reader, struct conversion *conversion)
{
    if (!find_conversion(reader, conversion))
        return false;
    int at = position(reader);
    while (accept_any(reader, "-+ #0'I"))
        ;
    conversion->width = quantity(reader, &conversion->width_value);
    if (accept(reader, '.')) {
        conversion->precision = quantity(reader, &conversion->precision_value);
        if (conversion->precision < 0 && conversion->precision_value < 0)
            conversion->precision = 0;
    }
    modifiers(reader, conversion);
    if (!letter(reader, conversion, "diouxXbBeEfFgGaAcCsSpnm%"))
        return false;
    if (conversion->letter != '%' && conversion->letter != 'm')
        conversion->value = at >= 0 ? at : reader->next++;
    return true;
}

/* What stands between [ and ]. */
static void skip_set(struct reader *reader)
{
    accept(reader, '^');
    accept(reader, ']');
    while (look(reader) && look(reader) != ']')
        reader->at++;
    accept(reader, ']');
}

/* The old functions take %as, %aS and %a[ for "allocate", where C99 has the number %a. */
static bool accept_old_allocation(struct reader *reader)
{
    if (!accept(reader, 'a'))
        return false;
    bool is_long = accept(reader, 'l');
    uint32_t c = look(reader);
    if (c == 's' || c == 'S' || c == '[') {
        reader->at -= is_long;
        return true;
    }
    reader->at -= 1u + is_long;
    return false;
}

static bool next_scan(struct reader *reader, bool old, struct conversion *conversion)
{
    if (!find_conversion(reader, conversion))
        return false;
    int at = position(reader);
    for (;;)
        if (accept(reader, '*'))
            conversion->quiet = true;
        else if (!accept_any(reader, "'I"))
            break;
    conversion->width = number(reader);
    conversion->makes = accept(reader, 'm') || (old && accept_old_allocation(reader));
    modifiers(reader, conversion);
    if (!letter(reader, conversion, "diouxXbeEfFgGaAcCsSpn[%"))
        return false;
    if (conversion->letter == '[')
        skip_set(reader);
    if (conversion->letter != '%' && !conversion->quiet)
        conversion->value = at >= 0 ? at : reader->next++;
    return true;
}

/* ---- arguments: all that come in general registers are one type here */

enum argument_type { ARGUMENT_WORD, ARGUMENT_DOUBLE, ARGUMENT_LONG_DOUBLE };

struct arguments {
    uint64_t value[FORMAT_ARGUMENTS];
    uint8_t type[FORMAT_ARGUMENTS];
    int count;
};

static void expect(struct arguments *arguments, int at, enum argument_type type)
{
    if (at < 0 || at >= FORMAT_ARGUMENTS)
        return;
    arguments->type[at] = (uint8_t)type;
    if (at >= arguments->count)
        arguments->count = at + 1;
}

static void expect_print(struct arguments *arguments, const struct conversion *conversion)
{
    enum argument_type type = ARGUMENT_WORD;
    if (conversion->letter < 128 && text_find("eEfFgGaA", (char)conversion->letter))
        type = conversion->size == 16 ? ARGUMENT_LONG_DOUBLE : ARGUMENT_DOUBLE;
    expect(arguments, conversion->width_value, ARGUMENT_WORD);
    expect(arguments, conversion->precision_value, ARGUMENT_WORD);
    expect(arguments, conversion->value, type);
}

static void fetch(struct arguments *arguments, va_list from)
{
    for (int i = 0; i < arguments->count; i++)
        if (arguments->type[i] == ARGUMENT_DOUBLE)
            (void)va_arg(from, double);
        else if (arguments->type[i] == ARGUMENT_LONG_DOUBLE)
            (void)va_arg(from, long double);
        else
            arguments->value[i] = va_arg(from, uint64_t);
}

static bool fetched(const struct arguments *arguments, int at)
{
    return at >= 0 && at < arguments->count;
}

static const void *pointer(const struct arguments *arguments, const struct conversion *conversion)
{
    return fetched(arguments, conversion->value)
               ? (const void *)(uintptr_t)arguments->value[conversion->value]
               : NULL;
}

/* ---- printf */

static void print_text(const struct arguments *arguments, const struct conversion *conversion,
                       format_visit *visit, void *with)
{
    const void *text = pointer(arguments, conversion);
    long precision = conversion->precision;
    if (conversion->precision_value >= 0) {
        if (!fetched(arguments, conversion->precision_value))
            return;
        precision = (int)arguments->value[conversion->precision_value];
    }
    size_t limit = precision < 0 ? SIZE_MAX : (size_t)precision;
    if (!text)
        return;
    if (conversion->letter == 's' && !conversion->is_long)
        visit(text, text_size(text, limit), ACCESS_READ, with);
    else if (precision < 0)
        visit(text, wide_size(text, SIZE_MAX), ACCESS_READ, with);
    else
        visit(text, wide_size_of_bytes(text, limit), ACCESS_READ, with);
}

void format_print(const struct format *format, va_list from, format_visit *visit, void *with)
{
    struct arguments arguments = {.count = 0};
    struct conversion conversion;
    struct reader types = {.format = *format}, reader = {.format = *format};
    while (next_print(&types, &conversion))
        expect_print(&arguments, &conversion);
    fetch(&arguments, from);
    while (next_print(&reader, &conversion)) {
        const void *at = pointer(&arguments, &conversion);
        if (conversion.letter == 's' || conversion.letter == 'S')
            print_text(&arguments, &conversion, visit, with);
        else if (conversion.letter == 'n' && at)
            visit(at,
                  conversion.size == 0  ? 4
                  : conversion.size > 8 ? 8
                                        : conversion.size,
                  ACCESS_WRITE, with);
    }
}

/* ---- scanf */

static bool is_wide(const struct conversion *conversion)
{
    return conversion->is_long || conversion->letter == 'S' || conversion->letter == 'C';
}

static void scan_text(const struct conversion *conversion, const void *at, format_visit *visit,
                      void *with)
{
    size_t unit = is_wide(conversion) ? sizeof(wchar_t) : 1;
    if (conversion->makes) {
        visit(at, sizeof(void *), ACCESS_WRITE, with);
        at = *(void *const *)at;
    }
    if (!at)
        return;
    if (conversion->letter == 'c' || conversion->letter == 'C')
        visit(at, (conversion->width < 0 ? 1 : (size_t)conversion->width) * unit, ACCESS_WRITE,
              with);
    else
        visit(at, unit == 1 ? text_size(at, SIZE_MAX) : wide_size(at, SIZE_MAX), ACCESS_WRITE,
              with);
}

static void scan_value(const struct conversion *conversion, const void *at, format_visit *visit,
                       void *with)
{
    size_t size = conversion->size;
    if (conversion->letter == 'p')
        size = sizeof(void *);
    else if (text_find("eEfFgGaA", (char)conversion->letter))
        size = size == 0 ? 4 : size == 16 ? 10 : size; /* what the x87 stores of a long double */
    else
        size = size == 0 ? 4 : size > 8 ? 8 : size;
    visit(at, size, ACCESS_WRITE, with);
}

/* %n counts for nothing in assigned. It was surely reached when a later conversion has assigned, or
   when nothing that can fail lies between it and the last one. */
static void scan_apply(struct reader *reader, bool old, int assigned,
                       const struct arguments *arguments, format_visit *visit, void *with)
{
    struct conversion conversion;
    bool sure = false;
    for (int done = 0; next_scan(reader, old, &conversion);) {
        const void *at = pointer(arguments, &conversion);
        bool counts = conversion.value >= 0 && conversion.letter != 'n';
        if (reader->literal || (!counts && conversion.letter != 'n'))
            sure = false;
        if (counts && done++ == assigned)
            return;
        if (counts)
            sure = true;
        else if (conversion.letter != 'n' || (done == assigned && !sure))
            continue;
        if (!at)
            continue;
        if (conversion.letter < 128 && text_find("cCsS[", (char)conversion.letter))
            scan_text(&conversion, at, visit, with);
        else
            scan_value(&conversion, at, visit, with);
    }
}

void format_scan(const struct format *format, bool old, int assigned, va_list from,
                 format_visit *visit, void *with)
{
    struct arguments arguments = {.count = 0};
    struct conversion conversion;
    struct reader types = {.format = *format}, reader = {.format = *format};
    if (assigned < 0)
        return;
    while (next_scan(&types, old, &conversion))
        expect(&arguments, conversion.value, ARGUMENT_WORD);
    fetch(&arguments, from);
    scan_apply(&reader, old, assigned, &arguments, visit, with);
}
