#include "read.h"
#include "peek.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STRING_MAX  65536
#define MODULES_MAX 65536 /* a kernel's vm.max_map_count allows no more */

/* What this command knows of each section: its newest version and the size of its rows. */
static const struct {
    uint16_t version, row_size;
} known[SECTION_TYPE_END] = {
    [SECTION_STRINGS] = {1, 1},
    [SECTION_MODULES] = {1, sizeof(struct module_row)},
    [SECTION_THREADS] = {1, sizeof(struct thread_row)},
    [SECTION_STACKS] = {1, 1},
    [SECTION_BLOCKS] = {1, sizeof(struct block_row)},
    [SECTION_FDS] = {1, sizeof(struct handle_row)},
    [SECTION_HANDLES] = {1, sizeof(struct handle_row)},
    [SECTION_FINDINGS] = {1, sizeof(struct finding_row)},
    [SECTION_EVIDENCE] = {1, sizeof(struct evidence_row)},
    [SECTION_EVENTS] = {1, sizeof(struct event_ring)},
};

void problem_set(struct problem *problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
}

/* ---- opening ---- */

static bool map_file(struct recording *recording, struct problem *problem)
{
    const char *path = recording->path;
    struct stat status;
    recording->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (recording->fd < 0 || fstat(recording->fd, &status)) {
        problem_set(problem, "cannot read %s: %s.", path, strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        problem_set(problem, "%s is not a file.", path);
        return false;
    }
    recording->size = (uint64_t)status.st_size;
    if (recording->size < sizeof(recording->header.magic)) {
        problem_set(problem, "%s is not a holdfast recording.", path);
        return false;
    }
    void *bytes = mmap(NULL, recording->size, PROT_READ, MAP_SHARED, recording->fd, 0);
    if (bytes == MAP_FAILED) {
        problem_set(problem, "cannot map %s: %s.", path, strerror(errno));
        return false;
    }
    /* Without readahead: it would look for data in gigabytes of holes. */
    madvise(bytes, recording->size, MADV_RANDOM);
    recording->bytes = bytes;
    return true;
}

static bool check_header(struct recording *recording, struct problem *problem)
{
    const char *path = recording->path;
    const struct recording_header *mapped = (const void *)recording->bytes;
    static const char unborn[8];
    if (!memcmp(mapped->magic, unborn, sizeof unborn) && recording->size >= RECORDING_HEADER_SIZE) {
        problem_set(problem,
                    "%s is not complete: its process is just starting, or was killed then.", path);
        return false;
    }
    if (memcmp(mapped->magic, RECORDING_MAGIC, sizeof mapped->magic)) {
        problem_set(problem, "%s is not a holdfast recording.", path);
        return false;
    }
    if (recording->size < RECORDING_HEADER_SIZE) {
        problem_set(problem, "%s is damaged: it ends within its header.", path);
        return false;
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* magic is written last */
    recording->header = *mapped;
    const struct recording_header *header = &recording->header;
    if (header->byte_order != RECORDING_BYTE_ORDER) {
        problem_set(problem, "%s comes from a machine of another byte order, or is damaged.", path);
        return false;
    }
    if (header->version > RECORDING_VERSION) {
        problem_set(problem,
                    "%s was written by a newer holdfast (format %u; this one, %s, reads up to %u).",
                    path, header->version, HOLDFAST_VERSION, RECORDING_VERSION);
        return false;
    }
    if (!header->version || header->section_count > RECORDING_SECTIONS_MAX) {
        problem_set(problem, "%s is damaged: its directory makes no sense.", path);
        return false;
    }
    return true;
}

/* Takes one directory entry into the views. */
static bool view_section(struct recording *recording, unsigned i, struct problem *problem)
{
    const struct section *section = &recording->header.sections[i];
    unsigned type = section->type;
    if (!type || type >= SECTION_TYPE_END || recording->views[type].section)
        return true;
    if (section->version > known[type].version) {
        recording->newer_sections++;
        return true;
    }
    uint64_t used = section->used < section->capacity ? section->used : section->capacity;
    if (!section->version || section->row_size < known[type].row_size || section->offset % 8 ||
        section->offset < RECORDING_HEADER_SIZE) {
        problem_set(problem, "%s is damaged: section %u makes no sense.", recording->path, type);
        return false;
    }
    if (section->offset > recording->size || used > recording->size - section->offset) {
        problem_set(problem, "%s is damaged: section %u lies beyond its end.", recording->path,
                    type);
        return false;
    }
    uint64_t room = recording->size - section->offset;
    recording->views[type] = (struct section_view){
        .section = &((const struct recording_header *)recording->bytes)->sections[i],
        .rows = recording->bytes + section->offset,
        .limit = section->capacity < room ? section->capacity : room,
        .row_size = section->row_size,
    };
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct module *left = a, *right = b;
    return left->row.start < right->row.start ? -1 : left->row.start > right->row.start;
}

static void load_modules(struct recording *recording)
{
    uint64_t count = recording_count(recording, SECTION_MODULES);
    if (count > MODULES_MAX)
        count = MODULES_MAX;
    recording->modules = arena_take(&recording->arena, count * sizeof(struct module));
    for (uint64_t i = 0; i < count; i++) {
        struct module *module = &recording->modules[recording->module_count];
        struct module_row *row = &module->row;
        if (!recording_row(recording, SECTION_MODULES, i, row, sizeof *row))
            continue;
        if (row->build_id_size > sizeof row->build_id)
            row->build_id_size = 0;
        module->path = recording_string(recording, row->path);
        const char *slash = strrchr(module->path, '/');
        module->name = slash && slash[1] ? slash + 1 : module->path;
        recording->module_count++;
    }
    qsort(recording->modules, recording->module_count, sizeof(struct module), by_start);
}

static void on_bus_error(int number)
{
    static const char sentence[] = "holdfast: a recording was cut short while it was read.\n";
    ssize_t written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
    (void)written; /* nothing else is left to do */
    _exit(3);
}

void recording_guard_mappings(void)
{
    signal(SIGBUS, on_bus_error);
}

struct recording *recording_open(const char *path, struct problem *problem)
{
    struct recording *recording = calloc(1, sizeof *recording);
    if (!recording)
        return NULL;
    recording->fd = -1;
    recording->path = arena_text(&recording->arena, path, strlen(path));
    bool good = map_file(recording, problem) && check_header(recording, problem);
    for (unsigned i = 0; good && i < recording->header.section_count; i++)
        good = view_section(recording, i, problem);
    if (!good) {
        recording_close(recording);
        return NULL;
    }
    load_modules(recording);
    return recording;
}

void recording_unmap(struct recording *recording)
{
    if (recording->bytes)
        munmap((void *)recording->bytes, recording->size);
    if (recording->fd >= 0)
        close(recording->fd);
    recording->bytes = NULL;
    recording->fd = -1;
    memset(recording->views, 0, sizeof recording->views);
}

void recording_close(struct recording *recording)
{
    if (!recording)
        return;
    recording_unmap(recording);
    arena_finish(&recording->arena);
    free(recording);
}

/* ---- rows ---- */

static uint64_t bytes_used(const struct section_view *view)
{
    if (!view->section)
        return 0;
    uint64_t used = __atomic_load_n(&view->section->used, __ATOMIC_ACQUIRE);
    return used < view->limit ? used : view->limit;
}

uint64_t recording_count(const struct recording *recording, enum section_type type)
{
    const struct section_view *view = &recording->views[type];
    return view->section ? bytes_used(view) / view->row_size : 0;
}

/* The word that publishes a row stands first in every row that has one (evidence has none: its
   finding publishes it). Blocks publish by 8 bytes, the others by 4. */
static uint64_t publishing_word(enum section_type type, const void *row)
{
    if (type == SECTION_BLOCKS)
        return __atomic_load_n((const uint64_t *)row, __ATOMIC_ACQUIRE);
    return __atomic_load_n((const uint32_t *)row, __ATOMIC_ACQUIRE);
}

bool recording_row(const struct recording *recording, enum section_type type, uint64_t index,
                   void *ret_row, size_t size)
{
    const struct section_view *view = &recording->views[type];
    if (index >= recording_count(recording, type) || size > view->row_size)
        return false;
    const uint8_t *row = view->rows + index * view->row_size;
    if (type == SECTION_EVIDENCE || view->row_size % 4 ||
        (type == SECTION_BLOCKS && view->row_size % 8)) {
        memcpy(ret_row, row, size);
        return type == SECTION_EVIDENCE;
    }
    for (unsigned attempt = 0; attempt < 8; attempt++) {
        uint64_t before = publishing_word(type, row);
        if (!before)
            return false;
        memcpy(ret_row, row, size);
        __atomic_thread_fence(__ATOMIC_ACQUIRE); /* the copy before the second look */
        if (publishing_word(type, row) == before) {
            memcpy(ret_row, &before, type == SECTION_BLOCKS ? 8 : 4);
            return true;
        }
    }
    return false;
}

uint64_t recording_skip_hole(const struct recording *recording, enum section_type type,
                             uint64_t from)
{
    const struct section_view *view = &recording->views[type];
    uint64_t count = recording_count(recording, type);
    if (from >= count)
        return count;
    uint64_t offset = (uint64_t)(view->rows - recording->bytes) + from * view->row_size;
    off_t data = lseek(recording->fd, (off_t)offset, SEEK_DATA);
    if (data < 0)
        return errno == ENXIO ? count : from;
    if ((uint64_t)data <= offset)
        return from;
    uint64_t skipped = from + ((uint64_t)data - offset) / view->row_size;
    return skipped < count ? skipped : count;
}

const char *recording_string(const struct recording *recording, uint64_t offset)
{
    const struct section_view *view = &recording->views[SECTION_STRINGS];
    uint64_t used = bytes_used(view);
    if (!offset || offset >= used)
        return "";
    const char *text = (const char *)view->rows + offset;
    uint64_t room = used - offset < STRING_MAX ? used - offset : STRING_MAX;
    size_t length = strnlen(text, room);
    if (length == room)
        return "";
    /* the arena belongs to the recording, whose content it does not change */
    char *copy = arena_text(&((struct recording *)recording)->arena, text, length);
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    return copy;
}

bool recording_stack(const struct recording *recording, uint32_t id, struct stack *stack)
{
    const struct section_view *view = &recording->views[SECTION_STACKS];
    uint64_t offset = (uint64_t)id * 8, used = bytes_used(view);
    if (!id || offset > used || used - offset < sizeof(struct stack_row))
        return false;
    const struct stack_row *row = (const void *)(view->rows + offset);
    unsigned count = __atomic_load_n(&row->frame_count, __ATOMIC_RELAXED);
    if (!count || count > STACK_FRAMES_MAX ||
        (used - offset - sizeof *row) / sizeof row->frames[0] < count)
        return false;
    stack->count = count;
    stack->flags = __atomic_load_n(&row->flags, __ATOMIC_RELAXED);
    stack->epoch = row->epoch;
    stack->exact = row->exact;
    memcpy(stack->frames, row->frames, count * sizeof row->frames[0]);
    return true;
}

/* Modules are few and sorted by start, but their ranges may overlap in time: look at all that hold
   pc and take the one of the right epoch, else the one loaded last (it may have been noticed late).
 */
struct module *recording_module(const struct recording *recording, uint64_t pc, uint32_t epoch)
{
    struct module *best = NULL;
    for (size_t i = 0; i < recording->module_count; i++) {
        struct module *module = &recording->modules[i];
        const struct module_row *row = &module->row;
        if (row->start > pc)
            break;
        if (pc >= row->end)
            continue;
        if (row->loaded_epoch <= epoch && (!row->unloaded_epoch || epoch < row->unloaded_epoch))
            return module;
        if (!best || row->generation > best->row.generation)
            best = module;
    }
    return best;
}

bool recording_is_live(const struct recording *recording)
{
    return peek_is_live(&recording->header);
}

uint64_t recording_lost(const struct recording *recording)
{
    uint64_t lost = 0;
    for (unsigned type = 0; type < SECTION_TYPE_END; type++)
        if (recording->views[type].section)
            lost += recording->views[type].section->lost;
    return lost;
}
