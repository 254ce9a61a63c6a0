#include "trace.h"
#include <string.h>

void tracer_init(struct tracer *tracer, struct recording *recording, struct symbol_store *store)
{
    *tracer = (struct tracer){.recording = recording, .store = store};
}

void tracer_finish(struct tracer *tracer)
{
    map_finish(&tracer->traces);
    arena_finish(&tracer->arena);
}

static struct symbol_file *symbols_of(struct tracer *tracer, struct module *module)
{
    if (!module->symbols_tried) {
        module->symbols_tried = true;
        struct module_identity identity = {module->path, module->row.build_id,
                                           module->row.build_id_size, module->row.file_size,
                                           module->row.file_mtime};
        module->symbols = symbol_file_of(tracer->store, &identity);
    }
    return module->symbols;
}

static bool is_shim(const struct frame *frame)
{
    return frame->module && !strncmp(frame->module->name, "libholdfast.so", 14);
}

/* Where a stack begins in libc, that is start-up whatever its name: the functions there have none
   that can be trusted when libc's debug information is not at hand. */
static bool is_libc(const struct frame *frame)
{
    return frame->module && (!strncmp(frame->module->name, "libc.so.", 8) ||
                             !strncmp(frame->module->name, "ld-linux-", 9));
}

/* What runs before main or a thread's function: of no use to the reader. */
static bool is_startup(const struct frame *frame)
{
    static const char *const names[] = {"__libc_start_call_main",
                                        "__libc_start_main_impl",
                                        "__libc_start_main",
                                        "_start",
                                        "start_thread",
                                        "execute_native_thread_routine",
                                        "clone",
                                        "__clone",
                                        "clone3",
                                        "__clone3"};
    if (is_shim(frame) || is_libc(frame))
        return true;
    for (unsigned i = 0; frame->function && i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(frame->function, names[i]))
            return true;
    return false;
}

/* Frames of one address, appended at out. Returns how many (at least 1). */
static unsigned add_frames(struct tracer *tracer, uint64_t pc, bool exact, uint32_t epoch,
                           struct frame *out, unsigned room)
{
    /* A return address may belong to the next line, or to the next function where the callee never
       returns: the call itself lies before it. */
    uint64_t address = exact || !pc ? pc : pc - 1;
    struct module *module = recording_module(tracer->recording, address, epoch);
    uint64_t offset = module ? address - module->row.base : address;
    const struct place_names *names = module ? symbol_at(symbols_of(tracer, module), offset) : NULL;
    if (!names) {
        *out = (struct frame){.module = module, .offset = offset};
        return 1;
    }
    unsigned count = names->count < room ? names->count : room;
    for (unsigned i = 0; i < count; i++) {
        const struct place_name *name = &names->names[i];
        out[i] = (struct frame){name->function, name->file, name->line, name->column,
                                name->inlined,  module,     offset};
    }
    return count;
}

#define FRAMES_MAX 512

/* The frame through which the marker at index calls the program: FnOnce's is start-up, too. */
static unsigned rust_callee(const struct trace *trace, unsigned index)
{
    const char *inner = index > 1 ? trace->frames[index - 1].function : NULL;
    return inner && strstr(inner, "FnOnce") ? index - 1 : index;
}

/* At least the innermost frame stays. */
static unsigned count_startup(const struct trace *trace)
{
    unsigned startup = 0, count = trace->count;
    /* _start has no name in a stripped program: it is what called libc. */
    if (count > 2 && !trace->frames[count - 1].function && is_startup(&trace->frames[count - 2]))
        startup = 1;
    while (startup + 1 < count && is_startup(&trace->frames[count - startup - 1]))
        startup++;
    /* Rust marks where its own start-up ends, for backtraces to be cut there. */
    for (unsigned i = count - startup; i-- > 1;) {
        const char *function = trace->frames[i].function;
        if (function && strstr(function, "__rust_begin_short_backtrace"))
            return count - rust_callee(trace, i);
    }
    return startup;
}

/* What the program called (qsort, getline …) is shown, but its mistake lies further out. */
static unsigned find_place(const struct trace *trace)
{
    for (unsigned i = 0; i + trace->startup < trace->count; i++)
        if (!is_libc(&trace->frames[i]))
            return i;
    return 0;
}

/* Our wrappers stand between the program and what it called: at the top, and where libc calls back
   or an allocator calls libc. Those at the end are start-up and told as such. */
static unsigned drop_shim(struct frame *frames, unsigned count)
{
    unsigned kept = 0, last = count;
    while (last > 1 && (is_shim(&frames[last - 1]) || is_startup(&frames[last - 1])))
        last--;
    for (unsigned i = 0; i < count; i++)
        if (i >= last || !is_shim(&frames[i]))
            frames[kept++] = frames[i];
    if (!kept) /* all of it is ours */
        kept = count;
    return kept;
}

static struct trace *name_stack(struct tracer *tracer, const struct stack *stack)
{
    struct frame frames[FRAMES_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < stack->count && count < FRAMES_MAX; i++)
        count += add_frames(tracer, stack->frames[i], stack->exact >> i & 1, stack->epoch,
                            frames + count, FRAMES_MAX - count);
    count = drop_shim(frames, count);
    struct trace *trace = arena_take(&tracer->arena, sizeof *trace + count * sizeof frames[0]);
    trace->flags = stack->flags;
    trace->exact = stack->exact & 1;
    trace->count = count;
    memcpy(trace->frames, frames, count * sizeof frames[0]);
    trace->startup = count_startup(trace);
    trace->place = find_place(trace);
    return trace;
}

const struct trace *trace_of(struct tracer *tracer, uint32_t id)
{
    struct trace *trace = map_get(&tracer->traces, id);
    struct stack stack;
    if (trace || !recording_stack(tracer->recording, id, &stack))
        return trace;
    trace = name_stack(tracer, &stack);
    map_put(&tracer->traces, id, trace);
    return trace;
}

const struct variable_name *trace_variable(struct tracer *tracer, uint64_t address, uint64_t size)
{
    struct module *module = recording_module(tracer->recording, address, UINT32_MAX);
    return module ? symbol_variable(symbols_of(tracer, module), address - module->row.base, size)
                  : NULL;
}

enum type_word trace_variable_type(struct tracer *tracer, uint64_t address)
{
    struct module *module = recording_module(tracer->recording, address, UINT32_MAX);
    struct symbol_file *file = module ? symbols_of(tracer, module) : NULL;
    return file ? type_of_variable(file, address - module->row.base) : TYPE_UNKNOWN;
}

const struct variable_name *trace_thread_variable(struct tracer *tracer, const char *program,
                                                  uint64_t below, uint64_t size)
{
    struct module *module = recording_module_named(tracer->recording, program);
    return module ? symbol_thread_variable(symbols_of(tracer, module), below, size) : NULL;
}

const char *frame_module(const struct frame *frame)
{
    return frame->module && *frame->module->name ? frame->module->name : "?";
}

uint64_t frame_module_mtime(const struct frame *frame)
{
    return frame->module && frame->module->symbols ? symbol_file_mtime(frame->module->symbols) : 0;
}
