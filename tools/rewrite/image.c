#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "patches.h"
#include "place.h"
#include "trampoline.h"

enum {
    PAGE = 4096,
    TRAP = 0xcc,
    HELD = 16 << 20, /* bytes of code that are kept in memory */
};

/* Everything that an image is made of, while it is made. */
struct work {
    const struct module *module;
    const struct image_request *request;
    struct image_statistics statistics;
    int64_t distance;
    struct runs runs;
    struct arrangement arrangement;
    struct patches patches;
    int file;        /* of the image, under another name; -1 none yet */
    char *file_name; /* that name */
    uint8_t *code;   /* as it will lie in the file */
    size_t code_size;
    struct rewrite_site *sites;
    uint32_t site_count;
    struct ledger hot, cold, pads;
    uint32_t *by_text;
    uint32_t by_text_count;
    struct rewrite_left_out *left_out;
    uint32_t left_out_count;
};

static struct trampoline trampoline_of(struct work *work)
{
    return (struct trampoline){
        .runs = &work->runs, .form = work->request->form, .distance = work->distance};
}

static int plan(struct work *work)
{
    bool all = work->request->every_run || work->request->form == FORM_MOVE_ONLY;
    if (!runs_form(&work->runs, work->module, all))
        return -ENOMEM;
    struct trampoline trampoline = trampoline_of(work);
    for (uint32_t i = 0; i < work->runs.count; i++)
        trampoline_measure(&trampoline, &work->runs.rows[i]);
    if (!runs_hop(&work->runs))
        return -ENOMEM;
    return place_runs(&work->runs, work->distance, &work->arrangement) ? 0 : -ERANGE;
}

static void number_sites(struct work *work)
{
    for (uint32_t i = 0; i < work->runs.count; i++) {
        struct run *run = &work->runs.rows[i];
        if (run->way == RUN_LEFT)
            continue;
        run->first_site = work->site_count;
        work->site_count += run->accesses;
    }
}

static struct code code_at(struct work *work, uint32_t offset, struct ledger *ledger)
{
    return (struct code){
        .bytes = work->code + offset,
        .at = work->code + offset,
        .end = work->code + work->code_size,
        .address = work->distance + offset,
        .origin = work->distance,
        .ledger = ledger,
    };
}

/* Code goes to its file as it is made: all of it would be ten times the text. What was written so
   far and will not be soon again leaves memory; the file keeps it. */
static void let_go(const uint8_t *from, const uint8_t *to)
{
    uintptr_t start = ((uintptr_t)from + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    uintptr_t end = (uintptr_t)to & ~(uintptr_t)(PAGE - 1);
    if (start < end)
        madvise((void *)start, end - start, MADV_DONTNEED);
}

/* Pages of a file that has no more room come as SIGBUS. */
static const char *file_being_written;

static void on_full(int signal)
{
    unlink(file_being_written);
    _exit(REWRITER_NOT_KEPT);
}

static int make_file(struct work *work, const char *path)
{
    if (asprintf(&work->file_name, "%s.%d", path, (int)getpid()) < 0) {
        work->file_name = NULL;
        return -ENOMEM;
    }
    work->file = open(work->file_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (work->file < 0 || ftruncate(work->file, (off_t)(PAGE + work->code_size)))
        return -errno;
    file_being_written = work->file_name;
    signal(SIGBUS, on_full);
    /* Pads lie far from each other in a large module: what is never written stays a hole. */
    void *code = mmap(NULL, work->code_size, PROT_READ | PROT_WRITE, MAP_SHARED, work->file, PAGE);
    if (code == MAP_FAILED)
        return -errno;
    work->code = code;
    return 0;
}

static void fill_with_traps(struct work *work)
{
    uint8_t *end = work->code + work->arrangement.cold_end;
    for (uint8_t *at = work->code + work->arrangement.hot_start; at < end; at += HELD) {
        size_t size = end - at < HELD ? (size_t)(end - at) : HELD;
        memset(at, TRAP, size);
        let_go(at, at + size);
    }
}

static bool write_runs(struct work *work)
{
    const struct arrangement *arrangement = &work->arrangement;
    const uint8_t *hot = work->code + arrangement->hot_start;
    const uint8_t *cold = work->code + arrangement->cold_start;
    struct trampoline trampoline = trampoline_of(work);
    trampoline.sites = work->sites;
    trampoline.statistics = &work->statistics;
    for (uint32_t i = 0; i < arrangement->hot_count; i++) {
        const struct run *run = &work->runs.rows[arrangement->hot[i]];
        if (run->way == RUN_LEFT)
            continue;
        trampoline.hot = code_at(work, run->hot, &work->hot);
        trampoline.cold = code_at(work, run->cold, &work->cold);
        if (!trampoline_write(&trampoline, run))
            return false;
        work->statistics.hot_bytes += run->hot_size;
        work->statistics.cold_bytes += run->cold_size;
        if (trampoline.cold.at - cold > HELD) {
            let_go(hot, trampoline.hot.at);
            let_go(cold, trampoline.cold.at);
            hot = trampoline.hot.at;
            cold = trampoline.cold.at;
        }
    }
    for (uint32_t i = 0; i < arrangement->pad_count; i++) {
        const struct run *run = &work->runs.rows[arrangement->pads[i]];
        if (run->way == RUN_LEFT)
            continue;
        struct code pad = code_at(work, run->pad, &work->pads);
        trampoline_pad(&pad, &work->runs, run);
        work->statistics.pads++;
        if (pad.overflow)
            return false;
    }
    return !work->hot.failed && !work->cold.failed && !work->pads.failed;
}

static int emit(struct work *work, const char *path)
{
    number_sites(work);
    work->code_size = ((size_t)work->arrangement.end + CODE_ROOM + PAGE - 1) / PAGE * PAGE;
    work->sites = malloc((work->site_count + 1) * sizeof *work->sites);
    if (!work->sites)
        return -ENOMEM;
    int error = make_file(work, path);
    if (error)
        return error;
    fill_with_traps(work);
    if (!write_runs(work))
        return -ERANGE;
    return patches_make(&work->patches, &work->runs, work->distance) ? 0 : -ENOMEM;
}

static bool pads_first(const struct work *work)
{
    return work->arrangement.hot_start > 8 * THUNK_COUNT;
}

/* Of each moved instruction, in the order of the text, the first row, and where that is a check's
   the one of the instruction itself. */
static bool index_by_text(struct work *work)
{
    const struct module *module = work->module;
    struct {
        uint32_t first, own; /* + 1 */
    } *rows = calloc((size_t)module->insn_count + 1, sizeof *rows);
    work->by_text = malloc((2 * (size_t)module->insn_count + 1) * sizeof *work->by_text);
    if (!rows || !work->by_text) {
        free(rows);
        return false;
    }
    uint32_t before = pads_first(work) ? (uint32_t)work->pads.moved_count : 0;
    for (size_t i = work->hot.moved_count; i--;) {
        const struct rewrite_moved *row = &work->hot.moved[i];
        const size_t at = (size_t)(insn_at(module, row->text) - module->insns);
        rows[at].first = before + (uint32_t)i + 1;
        if (!(row->state & (MOVED_CHECKING | MOVED_DONE)))
            rows[at].own = before + (uint32_t)i + 1;
    }
    for (uint32_t i = 0; i < module->insn_count; i++) {
        if (rows[i].first)
            work->by_text[work->by_text_count++] = rows[i].first - 1;
        if (rows[i].own != rows[i].first)
            work->by_text[work->by_text_count++] = rows[i].own - 1;
    }
    free(rows);
    return true;
}

/* Why an access is not watched; 0: it is. */
static enum rewrite_why why_left(const struct work *work, uint32_t index)
{
    const struct insn *insn = &work->module->insns[index];
    if (work->runs.left[index])
        return work->runs.left[index];
    if (!is_watched(insn))
        return WHY_OPERAND;
    if (!work->runs.of_insn[index])
        return WHY_NOT_DECODED; /* cannot be: every watched access has a run */
    const struct run *run = &work->runs.rows[work->runs.of_insn[index] - 1];
    return run->way == RUN_LEFT ? run->why : 0;
}

static bool add_left_out(struct work *work, const struct insn *insn, enum rewrite_why why)
{
    work->statistics.why[why]++;
    struct rewrite_left_out *last =
        work->left_out_count ? &work->left_out[work->left_out_count - 1] : NULL;
    if (last && last->why == why && last->offset + last->size == insn->offset &&
        last->accesses < UINT16_MAX) {
        last->size += insn->length;
        last->accesses++;
        return true;
    }
    if (!(work->left_out_count & (work->left_out_count + 1))) { /* a power of two less one */
        void *more = realloc(work->left_out,
                             2 * ((size_t)work->left_out_count + 1) * sizeof *work->left_out);
        if (!more)
            return false;
        work->left_out = more;
    }
    work->left_out[work->left_out_count++] =
        (struct rewrite_left_out){insn->offset, insn->length, 1, (uint16_t)why};
    return true;
}

/* What became of every access. */
static bool account(struct work *work)
{
    struct image_statistics *statistics = &work->statistics;
    for (uint32_t i = 0; i < work->module->insn_count; i++) {
        const struct insn *insn = &work->module->insns[i];
        if (insn->access == MEMORY_NONE) {
            statistics->harmless += insn->size != 0;
            continue;
        }
        enum rewrite_why why = why_left(work, i);
        if (why) {
            if (!add_left_out(work, insn, why))
                return false;
            statistics->left_out++;
            continue;
        }
        statistics->watched++;
        if (work->runs.rows[work->runs.of_insn[i] - 1].way == RUN_HOP)
            statistics->by_hop++;
        else
            statistics->by_run++;
    }
    statistics->accesses = statistics->watched + statistics->harmless + statistics->left_out;
    statistics->runs = work->runs.count;
    for (uint32_t i = 0; i < work->runs.count; i++) {
        statistics->moved += work->runs.rows[i].way != RUN_LEFT;
        statistics->hops += work->runs.rows[i].way == RUN_HOP;
        statistics->left += work->runs.rows[i].way == RUN_LEFT;
    }
    statistics->code_bytes = work->code_size;
    return true;
}

/* A part that the file is made of: up to three pieces, one behind the other. */
struct part {
    uint32_t row; /* bytes of one */
    struct {
        const void *bytes;
        size_t count; /* rows */
    } piece[3];
};

static void list_parts(const struct work *work, struct part parts[PART_COUNT])
{
    const struct patches *patches = &work->patches;
    memset(parts, 0, PART_COUNT * sizeof *parts);
    parts[PART_CODE] = (struct part){1, {{work->code, work->code_size}}};
    parts[PART_PATCHES] = (struct part){sizeof *patches->rows, {{patches->rows, patches->count}}};
    parts[PART_BEFORE] = (struct part){1, {{patches->before, patches->bytes}}};
    parts[PART_AFTER] = (struct part){1, {{patches->after, patches->bytes}}};
    parts[PART_SLOTS] = (struct part){
        sizeof(uint32_t),
        {{work->hot.slots, work->hot.slot_count}, {work->cold.slots, work->cold.slot_count}}};
    parts[PART_SITES] = (struct part){sizeof *work->sites, {{work->sites, work->site_count}}};
    parts[PART_MOVED] = (struct part){sizeof(struct rewrite_moved),
                                      {{work->hot.moved, work->hot.moved_count},
                                       {work->cold.moved, work->cold.moved_count},
                                       {work->pads.moved, work->pads.moved_count}}};
    if (pads_first(work))
        parts[PART_MOVED] = (struct part){sizeof(struct rewrite_moved),
                                          {{work->pads.moved, work->pads.moved_count},
                                           {work->hot.moved, work->hot.moved_count},
                                           {work->cold.moved, work->cold.moved_count}}};
    parts[PART_BY_TEXT] = (struct part){sizeof(uint32_t), {{work->by_text, work->by_text_count}}};
    parts[PART_LEFT_OUT] =
        (struct part){sizeof *work->left_out, {{work->left_out, work->left_out_count}}};
}

static struct rewrite_header header_of(const struct work *work)
{
    const struct module *module = work->module;
    struct rewrite_header header = {
        .magic = REWRITE_MAGIC,
        .version = REWRITE_VERSION,
        .size = sizeof header,
        .build_id_size = module->build_id_size,
        .file_size = module->file_size,
        .file_mtime = module->file_mtime,
        .text_start = module->text_start,
        .text_end = module->text_end,
        .distance = work->distance,
        .form = work->request->form,
        .variant = work->request->variant,
        .options = work->request->options,
        .accesses = work->statistics.accesses,
        .watched = work->statistics.watched,
        .harmless = work->statistics.harmless,
        .left_out = work->statistics.left_out,
        .text_bytes = module->text_end - module->text_start,
        .covered_bytes = module->covered_bytes,
    };
    memcpy(header.build_id, module->build_id, sizeof header.build_id);
    return header;
}

/* Gives the parts their places in the file; returns its size. */
static uint64_t lay_out(struct rewrite_header *header, const struct part parts[PART_COUNT])
{
    uint64_t offset = PAGE;
    for (int i = 0; i < PART_COUNT; i++) {
        uint64_t count = 0;
        for (int piece = 0; piece < 3; piece++)
            count += parts[i].piece[piece].count;
        header->part[i] = (struct rewrite_part){offset, (uint32_t)count, parts[i].row};
        offset += (count * parts[i].row + PAGE - 1) / PAGE * PAGE;
    }
    return offset;
}

/* rewrite_hash of bytes that come in pieces. */
struct hashing {
    uint64_t hash;
    uint8_t rest[8]; /* less than a word */
    size_t rest_size;
};

static void hash_add(struct hashing *hashing, const uint8_t *bytes, size_t size)
{
    while (size) {
        if (!hashing->rest_size && size >= 8) {
            uint64_t word;
            memcpy(&word, bytes, sizeof word);
            hashing->hash = rewrite_hash_word(hashing->hash, word);
            bytes += 8;
            size -= 8;
            continue;
        }
        hashing->rest[hashing->rest_size++] = *bytes++;
        size--;
        if (hashing->rest_size == 8) {
            uint64_t word;
            memcpy(&word, hashing->rest, sizeof word);
            hashing->hash = rewrite_hash_word(hashing->hash, word);
            hashing->rest_size = 0;
        }
    }
}

static uint64_t hash_part(uint64_t hash, const struct part *part)
{
    struct hashing hashing = {.hash = hash};
    for (int i = 0; i < 3; i++)
        hash_add(&hashing, part->piece[i].bytes, part->piece[i].count * part->row);
    return rewrite_hash(hashing.hash, hashing.rest, hashing.rest_size);
}

/* Nothing of it stays in memory. */
static uint64_t hash_code(const uint8_t *code, size_t size)
{
    uint64_t lanes[4] = REWRITE_HASH_LANES;
    for (size_t at = 0; at < size; at += HELD) {
        size_t piece = size - at < HELD ? size - at : HELD;
        rewrite_hash_lanes(lanes, code + at, piece);
        let_go(code + at, code + at + piece);
    }
    return rewrite_hash(0, lanes, sizeof lanes);
}

static void seal(struct rewrite_header *header, const struct part parts[PART_COUNT])
{
    header->code_hash = hash_code(parts[PART_CODE].piece[0].bytes, parts[PART_CODE].piece[0].count);
    uint64_t hash = rewrite_hash(0, header, sizeof *header);
    for (int i = 0; i < PART_COUNT; i++)
        if (i != PART_CODE)
            hash = hash_part(hash, &parts[i]);
    header->hash = hash;
}

static int write_at(int file, const void *bytes, size_t size, uint64_t offset)
{
    for (const uint8_t *at = bytes; size;) {
        ssize_t wrote = pwrite(file, at, size, (off_t)offset);
        if (wrote < 0 && errno != EINTR)
            return -errno;
        if (wrote > 0) {
            at += wrote;
            offset += (uint64_t)wrote;
            size -= (size_t)wrote;
        }
    }
    return 0;
}

/* Code is there already. */
static int write_parts(int file, const struct rewrite_header *header,
                       const struct part parts[PART_COUNT], uint64_t size)
{
    if (ftruncate(file, (off_t)size))
        return -errno;
    int error = write_at(file, header, sizeof *header, 0);
    for (int i = 0; i < PART_COUNT && !error; i++) {
        uint64_t offset = header->part[i].offset;
        for (int piece = 0; i != PART_CODE && piece < 3 && !error; piece++) {
            size_t bytes = parts[i].piece[piece].count * parts[i].row;
            error = write_at(file, parts[i].piece[piece].bytes, bytes, offset);
            offset += bytes;
        }
    }
    return error;
}

static int write_file(struct work *work, const char *path)
{
    struct part parts[PART_COUNT];
    list_parts(work, parts);
    struct rewrite_header header = header_of(work);
    uint64_t size = lay_out(&header, parts);
    seal(&header, parts);
    work->statistics.file_bytes = size;
    int error = write_parts(work->file, &header, parts, size);
    int closed = close(work->file);
    work->file = -1;
    if (!error && (closed || rename(work->file_name, path)))
        error = -errno;
    if (error)
        unlink(work->file_name);
    return error;
}

static void finish(struct work *work)
{
    runs_finish(&work->runs);
    place_finish(&work->arrangement);
    patches_finish(&work->patches);
    ledger_finish(&work->hot);
    ledger_finish(&work->cold);
    ledger_finish(&work->pads);
    if (work->code)
        munmap(work->code, work->code_size);
    if (work->file >= 0) {
        close(work->file);
        unlink(work->file_name);
    }
    free(work->file_name);
    free(work->sites);
    free(work->by_text);
    free(work->left_out);
}

int image_write(const struct module *module, const struct image_request *request, const char *path,
                struct image_statistics *ret_statistics)
{
    struct work work = {.file = -1,
                        .module = module,
                        .request = request,
                        .distance = place_distance(module, request->variant)};
    int error = plan(&work);
    if (!error)
        error = emit(&work, path);
    if (!error && (!index_by_text(&work) || !account(&work)))
        error = -ENOMEM;
    if (!error)
        error = write_file(&work, path);
    if (!error && ret_statistics)
        *ret_statistics = work.statistics;
    finish(&work);
    return error;
}
