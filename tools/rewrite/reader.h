/*
 * Reading numbers from bytes of a file that may be damaged: what lies outside reads as 0 and sets
 * `bad`. Encodings as in DWARF 5 §7.6 and the LSB's "DWARF Extensions" (pointer encodings).
 */
#ifndef HOLDFAST_TOOLS_REWRITE_READER_H
#define HOLDFAST_TOOLS_REWRITE_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct reader {
    const uint8_t *at, *end;
    uint64_t address; /* ELF address of at */
    bool bad;
};

enum { ENCODING_OMIT = 0xff, ENCODING_RELATIVE = 0x10, ENCODING_INDIRECT = 0x80 };

static inline void reader_skip(struct reader *reader, uint64_t size)
{
    if (size > (uint64_t)(reader->end - reader->at)) {
        reader->bad = true;
        size = (uint64_t)(reader->end - reader->at);
    }
    reader->at += size;
    reader->address += size;
}

/* size: 1 to 8; little-endian as we are. */
static inline uint64_t reader_number(struct reader *reader, unsigned size)
{
    uint64_t value = 0;
    if (size <= (uint64_t)(reader->end - reader->at))
        memcpy(&value, reader->at, size);
    reader_skip(reader, size);
    return reader->bad ? 0 : value;
}

static inline uint64_t reader_leb(struct reader *reader, bool negative)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = (uint8_t)reader_number(reader, 1);
        if (shift < 64)
            value |= (uint64_t)(byte & 127) << shift;
        shift += 7;
    } while (byte & 128 && !reader->bad);
    if (negative && byte & 64 && shift < 64)
        value |= ~0ull << shift;
    return value;
}

/* A pointer as an encoding byte says; 0 stays 0 (none). Bases other than its own place are not used
   on x86-64: they set bad. */
static inline uint64_t reader_encoded(struct reader *reader, unsigned encoding)
{
    if (encoding == ENCODING_OMIT)
        return 0;
    uint64_t place = reader->address, value;
    switch (encoding & 15) {
    case 0:
    case 4:
    case 12:
        value = reader_number(reader, 8);
        break;
    case 1:
        value = reader_leb(reader, false);
        break;
    case 2:
        value = reader_number(reader, 2);
        break;
    case 3:
        value = reader_number(reader, 4);
        break;
    case 9:
        value = reader_leb(reader, true);
        break;
    case 10:
        value = (uint64_t)(int16_t)reader_number(reader, 2);
        break;
    case 11:
        value = (uint64_t)(int32_t)reader_number(reader, 4);
        break;
    default:
        reader->bad = true;
        return 0;
    }
    unsigned base = encoding & 0x70;
    if (base && base != ENCODING_RELATIVE)
        reader->bad = true;
    return value && base == ENCODING_RELATIVE ? value + place : value;
}

#endif
