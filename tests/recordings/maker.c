#include "maker.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint16_t row_sizes[SECTION_TYPE_END] = {
    [SECTION_STRINGS] = 1,
    [SECTION_MODULES] = sizeof(struct module_row),
    [SECTION_THREADS] = sizeof(struct thread_row),
    [SECTION_STACKS] = 8,
    [SECTION_BLOCKS] = sizeof(struct block_row),
    [SECTION_FDS] = sizeof(struct handle_row),
    [SECTION_HANDLES] = sizeof(struct handle_row),
    [SECTION_FINDINGS] = sizeof(struct finding_row),
    [SECTION_EVIDENCE] = sizeof(struct evidence_row),
    [SECTION_EVENTS] = sizeof(struct event_ring),
    [SECTION_WATCHED] = sizeof(struct watched_row),
};

static size_t append(struct maker *maker, enum section_type type, const void *bytes, size_t size)
{
    struct maker_section *section = &maker->sections[type];
    size_t at = section->used;
    if (section->used + size > section->capacity) {
        section->capacity = (section->used + size) * 2;
        section->bytes = realloc(section->bytes, section->capacity);
        if (!section->bytes)
            abort();
    }
    memcpy(section->bytes + at, bytes, size);
    section->used += size;
    return at;
}

void maker_begin(struct maker *maker)
{
    static const char zeros[sizeof(struct thread_row)];
    memset(maker, 0, sizeof *maker);
    append(maker, SECTION_STRINGS, zeros, 8);
    append(maker, SECTION_STACKS, zeros, 8);
    append(maker, SECTION_EVIDENCE, zeros, sizeof(struct evidence_row));
    append(maker, SECTION_THREADS, zeros, sizeof(struct thread_row));
    struct recording_header *header = &maker->header;
    memcpy(header->magic, RECORDING_MAGIC, sizeof header->magic);
    header->version = RECORDING_VERSION;
    header->byte_order = RECORDING_BYTE_ORDER;
    header->run_id = 0x1234;
    header->pid = 4711;
    header->parent_pid = 4000;
    header->state = PROCESS_ENDED;
    header->ending = ENDING_EXIT;
    header->start_time = 1000000000;
    header->start_real_time = 1700000000000000000;
    header->end_time = 3500000000;
    header->program = maker_string(maker, "/opt/app/bin/app");
    header->command_line = maker_string(maker, "app --serve 80");
    header->directory = maker_string(maker, "/opt/app");
    header->shim_version = maker_string(maker, "0.1.0");
    header->checkpoint = 1;
    header->scanned = 1;
}

uint32_t maker_string(struct maker *maker, const char *text)
{
    return text && *text ? (uint32_t)append(maker, SECTION_STRINGS, text, strlen(text) + 1) : 0;
}

uint32_t maker_row(struct maker *maker, enum section_type type, const void *row, size_t size)
{
    return (uint32_t)(append(maker, type, row, size) / row_sizes[type]);
}

uint32_t maker_module(struct maker *maker, const char *path, uint64_t base, uint64_t size)
{
    struct module_row row = {.path = maker_string(maker, path),
                             .base = base,
                             .start = base,
                             .end = base + size,
                             .build_id_size = 20};
    row.generation =
        (uint32_t)(maker->sections[SECTION_MODULES].used / sizeof(struct module_row)) + 1;
    memset(row.build_id, 0xa0 + (int)row.generation, sizeof row.build_id);
    maker_row(maker, SECTION_MODULES, &row, sizeof row);
    return row.generation;
}

uint32_t maker_stack(struct maker *maker, unsigned count, const uint64_t *frames)
{
    struct stack_row row = {.frame_count = (uint16_t)count};
    size_t at = append(maker, SECTION_STACKS, &row, sizeof row);
    append(maker, SECTION_STACKS, frames, count * sizeof *frames);
    return (uint32_t)(at / 8);
}

uint32_t maker_thread(struct maker *maker, const char *name, unsigned flags, unsigned state)
{
    struct thread_row row = {.state = state, .flags = flags, .tid = 4711};
    snprintf(row.name, sizeof row.name, "%s", name);
    return maker_row(maker, SECTION_THREADS, &row, sizeof row);
}

void maker_evidence(struct maker *maker, enum evidence type, enum role role, uint32_t thread,
                    uint32_t stack, const char *string, uint64_t a, uint64_t b, uint64_t c)
{
    struct evidence_row row = {.type = (uint16_t)type,
                               .role = (uint16_t)role,
                               .thread = thread,
                               .stack = stack,
                               .string = maker_string(maker, string),
                               .a = a,
                               .b = b,
                               .c = c};
    maker_row(maker, SECTION_EVIDENCE, &row, sizeof row);
}

void maker_finding(struct maker *maker, enum kind kind, uint32_t count, uint64_t amount,
                   unsigned evidence_count)
{
    size_t end = maker->sections[SECTION_EVIDENCE].used / sizeof(struct evidence_row);
    struct finding_row row = {.count = count,
                              .kind = (uint16_t)kind,
                              .severity = kind_info(kind)->severity,
                              .confidence = CONFIDENCE_CERTAIN,
                              .evidence = (uint32_t)end - evidence_count,
                              .evidence_count = evidence_count,
                              .first_time = 1500000000,
                              .last_time = 2500000000,
                              .amount = amount,
                              .thread = 1};
    maker_row(maker, SECTION_FINDINGS, &row, sizeof row);
}

static int write_file(struct maker *maker, FILE *file)
{
    uint64_t offset = RECORDING_HEADER_SIZE;
    struct recording_header *header = &maker->header;
    header->section_count = SECTION_TYPE_END - 1;
    for (unsigned type = 1; type < SECTION_TYPE_END; type++) {
        uint64_t used = maker->sections[type].used, capacity = (used + 4096) & ~4095ull;
        header->sections[type - 1] = (struct section){.type = type,
                                                      .version = 1,
                                                      .row_size = row_sizes[type],
                                                      .offset = offset,
                                                      .capacity = capacity,
                                                      .used = used};
        if (used && (fseek(file, (long)offset, SEEK_SET) ||
                     fwrite(maker->sections[type].bytes, used, 1, file) != 1))
            return -errno;
        offset += capacity;
    }
    header->file_size = offset;
    if (fseek(file, (long)offset - 1, SEEK_SET) || fputc(0, file) == EOF ||
        fseek(file, 0, SEEK_SET) || fwrite(header, sizeof *header, 1, file) != 1)
        return -errno;
    return 0;
}

int maker_write(struct maker *maker, const char *path)
{
    FILE *file = fopen(path, "we");
    int result = file ? write_file(maker, file) : -errno;
    if (file && fclose(file))
        result = -errno;
    for (unsigned type = 0; type < SECTION_TYPE_END; type++)
        free(maker->sections[type].bytes);
    return result;
}
