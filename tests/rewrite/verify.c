/*
 * verify [--form=move|gs|flip] [--variant=N] [--figures] [--no-proof] FILE…
 * Makes an image of each file and proves it right (verify.h). Status 1 when one is not.
 */
#include "tests/rewrite/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "rewrite/image.h"
#include "tests/rewrite/scanned.h"

static const uint8_t trap_bytes[] = {
    0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f, 0x60, 0x61,
    0x6c, 0x6d, 0x6e, 0x6f, 0x82, 0x9a, 0xcc, 0xce, 0xd4, 0xd5, 0xd6, 0xe4, 0xe5,
    0xe6, 0xe7, 0xea, 0xec, 0xed, 0xee, 0xef, 0xf1, 0xf4, 0xfa, 0xfb,
};

void problem(struct view *view, uint32_t code, uint32_t text, const char *what)
{
    if (view->problems++ < 6)
        fprintf(stderr, "%s: code %#x, text %#lx: %s\n", view->module->path, code,
                (unsigned long)(view->module->text_start + text), what);
}

bool step_decode(const struct view *view, const uint8_t *bytes, size_t room, struct step *ret)
{
    return ZYAN_SUCCESS(
        ZydisDecoderDecodeFull(&view->decoder, bytes, room, &ret->insn, ret->operands));
}

const struct rewrite_moved *row_at(const struct view *view, uint32_t code)
{
    uint32_t low = 0, high = view->moved_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (view->moved[middle].code <= code)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || code >= view->moved[low - 1].code + view->moved[low - 1].size)
        return NULL;
    return &view->moved[low - 1];
}

int slot_inside(const struct view *view, uint32_t code, uint32_t length)
{
    uint32_t low = 0, high = view->slot_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (view->slots[middle] < code)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == view->slot_count || view->slots[low] + 4 > code + length)
        return -1;
    uint32_t slot;
    memcpy(&slot, view->code + view->slots[low], sizeof slot);
    return slot < sizeof(struct rewrite_slots) ? (int)slot : -1;
}

static bool is_trap(uint8_t byte)
{
    return memchr(trap_bytes, byte, sizeof trap_bytes) != NULL;
}

/* The code that a jump at this text offset, of these bytes, comes to; through a pad. */
static const struct rewrite_moved *landing(struct view *view, uint32_t offset, const uint8_t *jump)
{
    int32_t displacement;
    memcpy(&displacement, jump + 1, sizeof displacement);
    int64_t code = (int64_t)offset + 5 + displacement - view->header->distance;
    const struct rewrite_moved *row =
        code >= 0 && code < view->code_size ? row_at(view, (uint32_t)code) : NULL;
    if (!row || row->code != code) {
        problem(view, 0, offset, "a jump to no code");
        return NULL;
    }
    if (!(row->state & MOVED_COLD))
        return row;
    memcpy(&displacement, view->code + row->code + 1, sizeof displacement);
    const struct rewrite_moved *hot = row_at(view, row->code + 5 + (uint32_t)displacement);
    if (view->code[row->code] != 0xe9 || row->size != 5 || !hot || hot->text != row->text ||
        hot->state & MOVED_COLD) {
        problem(view, row->code, offset, "a pad that leads astray");
        return NULL;
    }
    return hot;
}

static void check_boundaries(struct view *view, uint32_t offset, const uint8_t *bytes,
                             uint32_t size)
{
    for (uint32_t i = 1; i < size; i++)
        if (insn_at(view->module, offset + i) && !is_trap(bytes[i]))
            problem(view, 0, offset + i, "a boundary inside a jump does not trap");
}

/* The whole instructions from `from` on that end at `to`, with no leader among them but the first;
   what is not code is padding. */
static void check_covered(struct view *view, uint32_t from, uint32_t to)
{
    uint32_t at = from;
    while (at < to) {
        const struct insn *insn = insn_at(view->module, at);
        if (!insn || insn->pinned || insn->kind == INSN_CALL || insn->kind == INSN_STOP)
            return problem(view, 0, at, "what is replaced must stay");
        if (at != from && view->module->leaders[at])
            return problem(view, 0, at, "somebody jumps into what is replaced");
        for (uint32_t i = 1; i < insn->length; i++)
            if (view->module->leaders[at + i])
                return problem(view, 0, at, "somebody jumps into an instruction");
        if (!view->row_of[insn - view->module->insns])
            return problem(view, 0, at, "an instruction is replaced and not moved");
        at += insn->length;
    }
    if (at != to)
        problem(view, 0, from, "half an instruction is replaced");
}

/* No instruction lies over this byte. */
static bool is_padding(const struct module *module, uint32_t offset)
{
    for (uint32_t back = 0; back < 16 && back <= offset; back++) {
        const struct insn *insn = insn_at(module, offset - back);
        if (insn)
            return insn->length <= back;
    }
    return true;
}

/* A hole lies among dead bytes: of a run that moved, or padding that nobody comes to. */
static void check_hole(struct view *view, const struct rewrite_patch *patch)
{
    if (insn_at(view->module, patch->offset))
        problem(view, 0, patch->offset, "a hole begins where an instruction did");
    for (uint32_t i = 0; i < patch->size; i++)
        if (view->module->leaders[patch->offset + i])
            problem(view, 0, patch->offset + i, "somebody jumps into a hole");
}

static void check_patch(struct view *view, uint32_t index, const uint8_t *before,
                        const uint8_t *after)
{
    const struct rewrite_patch *patch = &view->patches[index];
    const struct module *module = view->module;
    uint32_t jump = patch->jump;
    if (memcmp(before, module->text + patch->offset, patch->size))
        problem(view, 0, patch->offset, "what is said to be replaced is not the text");
    for (uint32_t i = jump; i < patch->size; i++)
        if (after[i] != 0xcc)
            problem(view, 0, patch->offset + i, "what is behind a jump does not trap");
    const struct rewrite_moved *row = NULL;
    if (patch->kind == PATCH_HOLE)
        check_hole(view, patch);
    if (jump == 5 && after[0] == 0xe9) {
        check_boundaries(view, patch->offset, after, 5);
        row = landing(view, patch->offset, after);
        if (row && patch->kind == PATCH_RUN && row->text != patch->offset)
            problem(view, row->code, patch->offset, "a jump to another run");
    } else if (jump == 2 && after[0] == 0xeb && patch->kind == PATCH_HOP) {
        check_boundaries(view, patch->offset, after, 2);
        uint32_t hole = patch->offset + 2 + (uint32_t)(int8_t)after[1];
        uint32_t low = 0, high = view->patch_count;
        while (low < high) {
            uint32_t middle = (low + high) / 2;
            if (view->patches[middle].offset < hole)
                low = middle + 1;
            else
                high = middle;
        }
        if (low == view->patch_count || view->patches[low].offset != hole ||
            view->patches[low].kind != PATCH_HOLE)
            return problem(view, 0, patch->offset, "a hop to no hole");
        const uint8_t *long_jump = after;
        for (; index < low; index++)
            long_jump += view->patches[index].size;
        for (; index > low; index--)
            long_jump -= view->patches[index - 1].size;
        row = landing(view, hole, long_jump);
        if (row && row->text != patch->offset)
            problem(view, row->code, patch->offset, "a hop to another run");
    } else if (jump || patch->kind != PATCH_RUN) {
        problem(view, 0, patch->offset, "a patch of a kind that we do not know");
    }
}

void verify_patches(struct view *view)
{
    const uint8_t *before = view->file + view->header->part[PART_BEFORE].offset;
    const uint8_t *after = view->file + view->header->part[PART_AFTER].offset;
    uint32_t run = 0, run_end = 0, end = 0;
    for (uint32_t i = 0; i < view->patch_count; i++) {
        const struct rewrite_patch *patch = &view->patches[i];
        if (patch->offset < end)
            problem(view, 0, patch->offset, "patches overlap");
        end = patch->offset + patch->size;
        if (end > view->module->text_end - view->module->text_start)
            return problem(view, 0, patch->offset, "a patch outside of the text");
        check_patch(view, i, before, after);
        before += patch->size;
        after += patch->size;
        if (patch->kind == PATCH_HOLE && is_padding(view->module, patch->offset))
            continue;
        if (patch->kind == PATCH_HOP || (patch->kind == PATCH_RUN && patch->jump)) {
            check_covered(view, run, run_end);
            run = patch->offset;
        } else if (patch->offset != run_end) {
            problem(view, 0, patch->offset, "dead bytes that no run leaves");
        }
        run_end = end;
    }
    check_covered(view, run, run_end);
}

static void check_row_bytes(struct view *view, const struct rewrite_moved *row)
{
    for (uint32_t at = row->code; at < row->code + row->size;) {
        struct step step;
        if (!step_decode(view, view->code + at, row->code + row->size - at, &step))
            return problem(view, at, row->text, "code that cannot be decoded");
        at += step.insn.length;
    }
}

void verify_rows(struct view *view)
{
    uint32_t end = 8 * THUNK_COUNT;
    for (uint32_t i = 0; i < view->moved_count; i++) {
        const struct rewrite_moved *row = &view->moved[i];
        const struct insn *insn = insn_at(view->module, row->text);
        if (row->code < end || !row->size || row->code + row->size > view->code_size || !insn ||
            insn->length != row->length)
            return problem(view, row->code, row->text,
                           "a row that overlaps or names no instruction");
        for (; end < row->code; end++)
            if (view->code[end] != 0xcc && view->code[end])
                problem(view, end, row->text, "code without a row");
        end = row->code + row->size;
        check_row_bytes(view, row);
    }
    for (; end < view->code_size; end++)
        if (view->code[end] != 0xcc && view->code[end])
            problem(view, end, 0, "code without a row");
    for (uint32_t i = 0; i < view->slot_count; i++)
        if (view->slots[i] + 4 > view->code_size || !row_at(view, view->slots[i]) ||
            (i && view->slots[i] <= view->slots[i - 1]))
            problem(view, view->slots[i], 0, "a word to fix up that is not in code");
}

static bool part(struct view *view, enum rewrite_part_kind kind, uint32_t row, const void **ret,
                 uint32_t *ret_count)
{
    const struct rewrite_part *part = &view->header->part[kind];
    if (part->row != row || part->offset % 4096 || part->offset > view->size ||
        (uint64_t)part->count * row > view->size - part->offset)
        return false;
    *ret = view->file + part->offset;
    *ret_count = part->count;
    return true;
}

static bool hashes_hold(const struct view *view)
{
    struct rewrite_header header = *view->header;
    header.hash = 0;
    uint64_t hash = rewrite_hash(0, &header, sizeof header);
    for (int i = 0; i < PART_COUNT; i++)
        if (i != PART_CODE)
            hash = rewrite_hash(hash, view->file + header.part[i].offset,
                                (uint64_t)header.part[i].count * header.part[i].row);
    return hash == view->header->hash &&
           rewrite_hash_code(view->code, view->code_size) == header.code_hash;
}

/* Which row and which site each instruction has; by-text indices name just these rows. */
static void index_rows(struct view *view)
{
    const struct module *module = view->module;
    const uint32_t *by_text = NULL;
    uint32_t by_text_count = 0, at = 0;
    if (!part(view, PART_BY_TEXT, 4, (const void **)&by_text, &by_text_count))
        problem(view, 0, 0, "no index by text");
    for (uint32_t i = view->moved_count; i--;) {
        const struct insn *insn = insn_at(module, view->moved[i].text);
        if (insn && !(view->moved[i].state & MOVED_COLD))
            view->row_of[insn - module->insns] = i + 1;
    }
    for (uint32_t i = 0; i < module->insn_count; i++) {
        uint32_t own = view->row_of[i];
        if (own && (at == by_text_count || by_text[at++] + 1 != own))
            problem(view, 0, module->insns[i].offset, "the index by text is wrong");
        if (!own || !(view->moved[own - 1].state & MOVED_CHECKING))
            continue;
        while (own <= view->moved_count && view->moved[own - 1].state & MOVED_CHECKING)
            own++;
        if (at == by_text_count || by_text[at++] + 1 != own ||
            view->moved[own - 1].text != module->insns[i].offset)
            problem(view, 0, module->insns[i].offset, "the index by text lacks what is checked");
    }
    if (at != by_text_count)
        problem(view, 0, 0, "the index by text is too long");
    for (uint32_t i = 0; i < view->site_count; i++) {
        const struct insn *insn = insn_at(module, view->sites[i].offset);
        if (!insn || (i && view->sites[i].offset <= view->sites[i - 1].offset))
            problem(view, 0, view->sites[i].offset, "sites are not in order, or no instruction's");
        else
            view->site_of[insn - module->insns] = i + 1;
    }
}

static bool open_view(struct view *view, const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status))
        return false;
    view->size = (size_t)status.st_size;
    view->file = mmap(NULL, view->size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    view->header = (const void *)view->file;
    const void *code = NULL, *moved = NULL, *patches = NULL, *sites = NULL, *slots = NULL;
    bool good = view->file != MAP_FAILED && view->size >= sizeof *view->header &&
                !memcmp(view->header->magic, REWRITE_MAGIC, 8) &&
                part(view, PART_CODE, 1, &code, &view->code_size) &&
                part(view, PART_MOVED, sizeof *view->moved, &moved, &view->moved_count) &&
                part(view, PART_PATCHES, sizeof *view->patches, &patches, &view->patch_count) &&
                part(view, PART_SITES, sizeof *view->sites, &sites, &view->site_count) &&
                part(view, PART_SLOTS, 4, &slots, &view->slot_count);
    view->code = code;
    view->moved = moved;
    view->patches = patches;
    view->sites = sites;
    view->slots = slots;
    view->row_of = calloc(view->module->insn_count + 1, 4);
    view->site_of = calloc(view->module->insn_count + 1, 4);
    ZydisDecoderInit(&view->decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    return good;
}

static unsigned long verify(const struct module *module, const char *path, struct view *view)
{
    *view = (struct view){.module = module};
    if (!open_view(view, path)) {
        problem(view, 0, 0, "cannot be read");
        return 1;
    }
    if (!hashes_hold(view))
        problem(view, 0, 0, "hashes do not hold");
    index_rows(view);
    verify_rows(view);
    if (!view->problems) {
        verify_patches(view);
        verify_follow(view);
    }
    munmap((void *)view->file, view->size);
    free(view->row_of);
    free(view->site_of);
    return view->problems;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print_figures(const char *path, const struct module *module,
                          const struct image_statistics *s, const struct view *view, double scan,
                          double emit)
{
    double accesses = (double)(s->watched + s->left_out);
    double mb = (double)module->covered_bytes / (1 << 20);
    printf("%s\t%.3f MB\twatched %.2f%% hop %.2f%%\tleft %.3f%%", path, mb,
           100. * (double)s->watched / (accesses ? accesses : 1),
           100. * (double)s->by_hop / (accesses ? accesses : 1),
           100. * (double)s->left_out / (accesses ? accesses : 1));
    for (int why = 1; why < WHY_COUNT; why++)
        printf(" %lu", (unsigned long)s->why[why]);
    printf("\truns %lu hops %lu pads %lu left %lu", (unsigned long)s->runs, (unsigned long)s->hops,
           (unsigned long)s->pads, (unsigned long)s->left);
    printf("\tchecks %lu elided %lu flags %lu borrow %lu locked %lu string %lu range %lu",
           (unsigned long)s->checks, (unsigned long)s->elided, (unsigned long)s->flags_kept,
           (unsigned long)s->borrowed, (unsigned long)s->locked, (unsigned long)s->strings,
           (unsigned long)s->ranges);
    printf("\thot %.2fx cold %.2fx code %.2fx file %.2fx", (double)s->hot_bytes / (1 << 20) / mb,
           (double)s->cold_bytes / (1 << 20) / mb, (double)s->code_bytes / (1 << 20) / mb,
           (double)s->file_bytes / (1 << 20) / mb);
    printf("\tscan %.0f emit %.0f ms/MB\tfollowed %lu covered %lu problems %lu\n", scan * 1e3 / mb,
           emit * 1e3 / mb, view->followed, view->elided, view->problems);
    fflush(stdout);
}

static bool one_file(const char *path, const struct image_request *request, bool figures,
                     bool proof, const char *image)
{
    struct module module;
    struct image_statistics statistics;
    struct view view = {.module = &module};
    double start = seconds();
    if (!scan_module(&module, path)) {
        module_close(&module);
        return true; /* it has said why; nothing was made that could be wrong */
    }
    double scanned = seconds();
    int error = image_write(&module, request, image, &statistics);
    double made = seconds();
    if (error)
        fprintf(stderr, "%s: %s\n", path, strerror(-error));
    view.problems = view.followed = view.elided = 0;
    bool good = !error && (!proof || !verify(&module, image, &view));
    if (figures && !error)
        print_figures(path, &module, &statistics, &view, scanned - start, made - scanned);
    unlink(image);
    module_close(&module);
    return good;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"form", required_argument, NULL, 'f'},
                                            {"variant", required_argument, NULL, 'v'},
                                            {"figures", no_argument, NULL, 'g'},
                                            {"no-proof", no_argument, NULL, 'n'},
                                            {0}};
    static const char *const forms[FORM_COUNT] = {"move", "gs", "flip"};
    struct image_request request = {.form = FORM_MOVE_ONLY};
    bool figures = false, proof = true;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        if (option == '?')
            return 2;
        if (option == 'v')
            request.variant = (uint32_t)atoi(optarg);
        for (uint32_t i = 0; option == 'f' && i < FORM_COUNT; i++)
            if (!strcmp(optarg, forms[i]))
                request.form = (enum rewrite_form)i;
        figures |= option == 'g';
        proof &= option != 'n';
    }
    char image[] = "/tmp/holdfast-verify-XXXXXX";
    int file = mkstemp(image);
    if (file < 0)
        return 2;
    close(file);
    bool good = true;
    for (int i = optind; i < argc; i++)
        good = one_file(argv[i], &request, figures, proof, image) && good;
    unlink(image);
    return good ? 0 : 1;
}
