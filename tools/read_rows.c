/* Rows, strings and stacks of an open recording: every index and id is checked. */
#include "peek.h"
#include "read.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define STRING_MAX 65536

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

struct module *recording_module_named(const struct recording *recording, const char *path)
{
    for (size_t i = 0; i < recording->module_count; i++)
        if (!strcmp(recording->modules[i].path, path))
            return &recording->modules[i];
    return NULL;
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
