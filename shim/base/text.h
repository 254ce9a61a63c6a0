/*
 * Building text in a caller's buffer: no allocation, no locale, always NUL-terminated, cut when
 * full.
 */
#ifndef HOLDFAST_BASE_TEXT_H
#define HOLDFAST_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
    char *start;
    size_t length, room; /* room includes the NUL */
};

struct text text_in(char *buffer, size_t room);
void text_add(struct text *text, const char *part);
void text_add_bytes(struct text *text, const char *part, size_t length);
void text_add_char(struct text *text, char c);
void text_add_number(struct text *text, uint64_t value);
void text_add_signed(struct text *text, int64_t value);
void text_add_hex(struct text *text, uint64_t value);

#endif
