#include "base/text.h"

#include "base/memory.h"

struct text text_in(char *buffer, size_t room)
{
    buffer[0] = '\0';
    return (struct text){.start = buffer, .length = 0, .room = room};
}

void text_add_bytes(struct text *text, const char *part, size_t length)
{
    if (length > text->room - 1 - text->length)
        length = text->room - 1 - text->length;
    mem_copy(text->start + text->length, part, length);
    text->length += length;
    text->start[text->length] = '\0';
}

void text_add(struct text *text, const char *part)
{
    text_add_bytes(text, part, text_length(part));
}

void text_add_char(struct text *text, char c)
{
    text_add_bytes(text, &c, 1);
}

static void add_digits(struct text *text, uint64_t value, unsigned base)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    text_add_bytes(text, digits + at, sizeof digits - at);
}

void text_add_number(struct text *text, uint64_t value)
{
    add_digits(text, value, 10);
}

void text_add_signed(struct text *text, int64_t value)
{
    if (value < 0)
        text_add_char(text, '-');
    add_digits(text, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

void text_add_hex(struct text *text, uint64_t value)
{
    add_digits(text, value, 16);
}
