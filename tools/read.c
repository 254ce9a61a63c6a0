#include "read.h"
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
    [SECTION_WATCHED] = {1, sizeof(struct watched_row)},
};

void problem_set(struct problem *problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
}

/* What on_bus_error may find a hole in. Changed only outside of any access to a mapping. */
static struct recording *mapped;

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
    recording->next_mapped = mapped;
    mapped = recording;
    return true;
}

static bool check_header(struct recording *recording, struct problem *problem)
{
    const char *path = recording->path;
    const struct recording_header *written = (const void *)recording->bytes;
    static const char unborn[8];
    if (!memcmp(written->magic, unborn, sizeof unborn) &&
        recording->size >= RECORDING_HEADER_SIZE) {
        problem_set(problem,
                    "%s is not complete: its process is just starting, or was killed then.", path);
        return false;
    }
    if (memcmp(written->magic, RECORDING_MAGIC, sizeof written->magic)) {
        problem_set(problem, "%s is not a holdfast recording.", path);
        return false;
    }
    if (recording->size < RECORDING_HEADER_SIZE) {
        problem_set(problem, "%s is damaged: it ends within its header.", path);
        return false;
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* magic is written last */
    recording->header = *written;
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

/* Puts a page of zeros where the file has a hole that its full file system could not fill. False
   when the page is no such hole. */
static bool fill_hole(uintptr_t address)
{
    uintptr_t page = address & ~(uintptr_t)4095;
    for (const struct recording *at = mapped; at; at = at->next_mapped) {
        uintptr_t offset = page - (uintptr_t)at->bytes;
        struct stat status;
        if (page < (uintptr_t)at->bytes || offset >= at->size)
            continue;
        return !fstat(at->fd, &status) && offset < (uint64_t)status.st_size &&
               mmap((void *)page, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                    0) != MAP_FAILED;
    }
    return false;
}

static void on_bus_error(int number, siginfo_t *info, void *context)
{
    static const char sentence[] = "holdfast: a recording was cut short while it was read.\n";
    if (fill_hole((uintptr_t)info->si_addr))
        return;
    ssize_t written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
    (void)written; /* nothing else is left to do */
    _exit(3);
}

void recording_guard_mappings(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
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
    struct recording **at = &mapped;
    while (*at && *at != recording)
        at = &(*at)->next_mapped;
    if (*at)
        *at = recording->next_mapped;
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
