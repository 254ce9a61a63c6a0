#include "state/eh_frame.h"

#include <dlfcn.h>

#include "base/memory.h"

/* LSB Core, "DWARF Exception Header Encoding". */
enum {
    PE_ABSPTR = 0x00,
    PE_ULEB128 = 0x01,
    PE_UDATA2 = 0x02,
    PE_UDATA4 = 0x03,
    PE_UDATA8 = 0x04,
    PE_SLEB128 = 0x09,
    PE_SDATA2 = 0x0a,
    PE_SDATA4 = 0x0b,
    PE_SDATA8 = 0x0c,
    PE_FORMAT = 0x0f,
    PE_PCREL = 0x10,
    PE_DATAREL = 0x30,
    PE_RELATION = 0x70,
    PE_INDIRECT = 0x80,
    PE_OMIT = 0xff,
};

#define RETURN_ADDRESS_COLUMN 16u /* x86-64 psABI, figure 3.36 */

uint64_t dwarf_unsigned(struct dwarf_bytes *bytes, unsigned size)
{
    uint64_t value = 0;
    if (unlikely(bytes->bad || (size_t)(bytes->end - bytes->at) < size)) {
        bytes->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes->at[i] << 8 * i;
    bytes->at += size;
    return value;
}

uint64_t dwarf_uleb(struct dwarf_bytes *bytes)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = (uint8_t)dwarf_unsigned(bytes, 1);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
}

int64_t dwarf_sleb(struct dwarf_bytes *bytes)
{
    uint64_t value = 0;
    for (unsigned shift = 0;;) {
        uint8_t byte = (uint8_t)dwarf_unsigned(bytes, 1);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
        if (byte & 0x80)
            continue;
        if (shift < 64 && (byte & 0x40))
            value |= ~0ull << shift;
        return (int64_t)value;
    }
}

uintptr_t dwarf_pointer(struct dwarf_bytes *bytes, uint8_t encoding, uintptr_t table)
{
    uintptr_t here = (uintptr_t)bytes->at, value;
    switch (encoding & PE_FORMAT) {
    case PE_ABSPTR:
    case PE_UDATA8:
    case PE_SDATA8:
        value = dwarf_unsigned(bytes, 8);
        break;
    case PE_ULEB128:
        value = dwarf_uleb(bytes);
        break;
    case PE_SLEB128:
        value = (uintptr_t)dwarf_sleb(bytes);
        break;
    case PE_UDATA2:
        value = dwarf_unsigned(bytes, 2);
        break;
    case PE_SDATA2:
        value = (uintptr_t)(int16_t)dwarf_unsigned(bytes, 2);
        break;
    case PE_UDATA4:
        value = dwarf_unsigned(bytes, 4);
        break;
    case PE_SDATA4:
        value = (uintptr_t)(int32_t)dwarf_unsigned(bytes, 4);
        break;
    default:
        bytes->bad = true;
        return 0;
    }
    switch (encoding & PE_RELATION) {
    case 0:
        break;
    case PE_PCREL:
        value += here;
        break;
    case PE_DATAREL:
        value += table;
        break;
    default:
        bytes->bad = true;
    }
    if (encoding & PE_INDIRECT)
        bytes->bad = true;
    return value;
}

/* One CIE or FDE: what follows its length. Leaves `record` at the next one. Returns false at the
   terminator or where it does not fit. */
static bool next_record(struct dwarf_bytes *record, struct dwarf_bytes *ret_body)
{
    uint64_t length = dwarf_unsigned(record, 4);
    if (length == 0xffffffff)
        length = dwarf_unsigned(record, 8);
    if (record->bad || length == 0 || length > (uint64_t)(record->end - record->at))
        return false;
    *ret_body = (struct dwarf_bytes){.at = record->at, .end = record->at + length};
    record->at += length;
    return true;
}

/* The 'z' augmentation of a CIE; leaves `cie` after its data. */
static bool read_augmentation(struct dwarf_bytes *cie, const uint8_t *letters,
                              struct frame_code *code)
{
    uint64_t size = dwarf_uleb(cie);
    if (cie->bad || size > (uint64_t)(cie->end - cie->at))
        return false;
    struct dwarf_bytes data = {.at = cie->at, .end = cie->at + size};
    cie->at += size;
    for (; *letters; letters++) {
        if (*letters == 'R')
            code->encoding = (uint8_t)dwarf_unsigned(&data, 1);
        else if (*letters == 'P')
            dwarf_pointer(&data, (uint8_t)dwarf_unsigned(&data, 1) & (uint8_t)~PE_INDIRECT, 0);
        else if (*letters == 'L')
            dwarf_unsigned(&data, 1);
        else if (*letters == 'S')
            code->signal = true;
        else if (*letters != 'B')
            return false;
    }
    return !data.bad;
}

static bool read_cie(struct dwarf_bytes cie, struct frame_code *code)
{
    uint8_t version = (uint8_t)dwarf_unsigned(&cie, 1);
    const uint8_t *letters = cie.at;
    while (dwarf_unsigned(&cie, 1) != 0)
        ;
    if (cie.bad || (version != 1 && version != 3))
        return false;
    code->code_factor = dwarf_uleb(&cie);
    code->data_factor = dwarf_sleb(&cie);
    uint64_t column = version == 1 ? dwarf_unsigned(&cie, 1) : dwarf_uleb(&cie);
    code->encoding = PE_ABSPTR;
    code->signal = false;
    code->augmented = *letters == 'z';
    if (code->augmented) {
        if (!read_augmentation(&cie, letters + 1, code))
            return false;
    } else if (*letters) {
        return false;
    }
    code->common = cie;
    return !cie.bad && column == RETURN_ADDRESS_COLUMN;
}

/* An FDE and its CIE. start: where the module's mapping begins. */
static bool read_fde(struct dwarf_bytes record, uintptr_t start, struct frame_code *code)
{
    struct dwarf_bytes fde;
    const uint8_t *end = record.end;
    if (!next_record(&record, &fde))
        return false;
    const uint8_t *field = fde.at;
    uint32_t distance = (uint32_t)dwarf_unsigned(&fde, 4);
    if (fde.bad || distance == 0 || distance > (uintptr_t)field - start)
        return false;
    struct dwarf_bytes cie_record = {.at = field - distance, .end = end}, cie;
    if (!next_record(&cie_record, &cie) || dwarf_unsigned(&cie, 4) != 0 || !read_cie(cie, code))
        return false;
    code->start = dwarf_pointer(&fde, code->encoding, 0);
    code->end = code->start + dwarf_pointer(&fde, code->encoding & PE_FORMAT, 0);
    if (code->augmented) { /* the language's tables: nothing that we need */
        uint64_t size = dwarf_uleb(&fde);
        if (fde.bad || size > (uint64_t)(fde.end - fde.at))
            return false;
        fde.at += size;
    }
    code->own = fde;
    return true;
}

/* The FDE that the sorted table gives for pc: the last one that begins at or below it. */
static const uint8_t *search_table(const uint8_t *hdr, const uint8_t *table, uint64_t count,
                                   uintptr_t pc)
{
    struct entry {
        int32_t start, fde; /* relative to hdr */
    };
    const struct entry *entries = (const struct entry *)table;
    int64_t key = (int64_t)(pc - (uintptr_t)hdr);
    uint64_t low = 0;
    while (count > 0) {
        uint64_t half = count / 2;
        if (entries[low + half].start <= key) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low ? hdr + entries[low - 1].fde : NULL;
}

/* The naive way, for modules without a usable table. */
static enum frame_search search_all(struct dwarf_bytes records, uintptr_t start, uintptr_t pc,
                                    struct frame_code *ret_code)
{
    for (;;) {
        struct dwarf_bytes record = records, body;
        if (!next_record(&records, &body))
            return FRAME_NO_INFO;
        if (dwarf_unsigned(&body, 4) != 0 && read_fde(record, start, ret_code) &&
            pc >= ret_code->start && pc < ret_code->end)
            return FRAME_FOUND;
    }
}

enum frame_search frame_code_in(const uint8_t *hdr, uintptr_t start, uintptr_t end, uintptr_t pc,
                                struct frame_code *ret_code)
{
    struct dwarf_bytes bytes = {.at = hdr, .end = (const uint8_t *)end};
    uintptr_t base = (uintptr_t)hdr;
    if (dwarf_unsigned(&bytes, 1) != 1)
        return FRAME_NO_INFO;
    uint8_t frame_encoding = (uint8_t)dwarf_unsigned(&bytes, 1);
    uint8_t count_encoding = (uint8_t)dwarf_unsigned(&bytes, 1);
    uint8_t table_encoding = (uint8_t)dwarf_unsigned(&bytes, 1);
    uintptr_t frames = dwarf_pointer(&bytes, frame_encoding, base);
    if (bytes.bad)
        return FRAME_NO_INFO;
    if (count_encoding != PE_OMIT && table_encoding == (PE_DATAREL | PE_SDATA4)) {
        uint64_t count = dwarf_pointer(&bytes, count_encoding, base);
        if (bytes.bad || count > (uint64_t)(bytes.end - bytes.at) / 8)
            return FRAME_NO_INFO;
        const uint8_t *fde = search_table(hdr, bytes.at, count, pc);
        struct dwarf_bytes record = {.at = fde, .end = bytes.end};
        bool found = fde && (uintptr_t)fde >= start && (uintptr_t)fde < end &&
                     read_fde(record, start, ret_code) && pc >= ret_code->start &&
                     pc < ret_code->end;
        return found ? FRAME_FOUND : FRAME_NO_INFO;
    }
    if (frames < start || frames >= end)
        return FRAME_NO_INFO;
    bytes = (struct dwarf_bytes){.at = (const uint8_t *)frames, .end = (const uint8_t *)end};
    return search_all(bytes, start, pc, ret_code);
}

enum frame_search frame_code_find(uintptr_t pc, struct frame_code *ret_code)
{
    struct dl_find_object object;
    if (_dl_find_object((void *)pc, &object) != 0)
        return FRAME_NO_MODULE;
    if (!object.dlfo_eh_frame)
        return FRAME_NO_INFO;
    /* Of a module with a hole between its segments the loader tells the one that pc lies in. */
    const char *frames = object.dlfo_eh_frame;
    if (unlikely(frames < (const char *)object.dlfo_map_start ||
                 frames >= (const char *)object.dlfo_map_end) &&
        _dl_find_object(object.dlfo_eh_frame, &object) != 0)
        return FRAME_NO_INFO;
    return frame_code_in(object.dlfo_eh_frame, (uintptr_t)object.dlfo_map_start,
                         (uintptr_t)object.dlfo_map_end, pc, ret_code);
}
