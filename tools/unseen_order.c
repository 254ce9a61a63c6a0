#include "unseen_order.h"
#include "elf_file.h"
#include "own_order.h"
#include <string.h>

/* Libraries whose threads wait in loops that the rewriter does not know for waits: the flag is
   stored and loaded by plain movs, its address is computed anew each time. */
static const char *const waiting[] = {"libomp.so", "libomp5.so", "libiomp5.so"};

/* Functions of gcc's OpenMP that wait for counts and flags in such a way; its other waits are seen.
 */
static const char gomp[] = "libgomp.so";
static const char *const waiting_functions[] = {
    "GOMP_doacross_wait", "GOMP_doacross_ull_wait", "GOMP_taskwait",    "GOMP_taskwait_depend",
    "GOMP_taskgroup_end", "GOMP_taskloop",          "GOMP_taskloop_ull"};

/* Their flags are loaded without a lock where a later load under it decides, or a count is known to
   have come to rest: races by the book, and an order on x86. */
static const char *const runs_threads[] = {"libgomp.so", "libomp.so", "libomp5.so", "libiomp5.so",
                                           "libtbb.so"};

bool unseen_order_runs_threads(const char *module_name)
{
    for (size_t i = 0; i < sizeof runs_threads / sizeof runs_threads[0]; i++)
        if (!strncmp(module_name, runs_threads[i], strlen(runs_threads[i])))
            return true;
    return false;
}

static const char *waiting_library(const struct recording *recording)
{
    for (size_t i = 0; i < recording->module_count; i++)
        for (size_t k = 0; k < sizeof waiting / sizeof waiting[0]; k++)
            if (!strncmp(recording->modules[i].name, waiting[k], strlen(waiting[k])))
                return recording->modules[i].name;
    return NULL;
}

static const char *waiting_function_in(const char *path)
{
    struct elf_file elf;
    if (elf_open(&elf, path))
        return NULL;
    const char *found = NULL;
    for (size_t i = 0; !found && i < sizeof waiting_functions / sizeof waiting_functions[0]; i++)
        if (elf_names_symbol(&elf, waiting_functions[i]))
            found = waiting_functions[i];
    elf_close(&elf);
    return found;
}

/* One that a module of the process calls; NULL: none. */
static const char *waiting_function(const struct recording *recording)
{
    bool runs = false;
    for (size_t i = 0; i < recording->module_count; i++)
        runs |= !strncmp(recording->modules[i].name, gomp, sizeof gomp - 1);
    const char *found = NULL;
    for (size_t i = 0; runs && !found && i < recording->module_count; i++)
        if (strncmp(recording->modules[i].name, gomp, sizeof gomp - 1) != 0)
            found = waiting_function_in(recording->modules[i].path);
    return found;
}

/* A module that was left out and has atomic instructions of its own. An allocator orders what it
   does itself; no program may rely on that. */
static bool hides_order(struct recording *recording, const struct watched_row *row)
{
    if (row->kind == WATCHED_YES || row->kind == WATCHED_GENERATED ||
        row->kind == WATCHED_ALLOCATOR)
        return false;
    const char *path = recording_string(recording, row->module);
    struct module *module = recording_module_named(recording, path);
    enum module_order order = module ? own_order_of_module(module) : own_order_in_file(path);
    return order == MODULE_ORDER_ATOMICS;
}

const char *unseen_order_of(struct recording *recording, struct arena *arena)
{
    const char *library = waiting_library(recording);
    if (library)
        return arena_print(arena, "%s orders threads in ways that are not seen yet", library);
    const char *function = waiting_function(recording);
    if (function)
        return arena_print(arena, "what %s waits for is not seen yet", function);
    uint64_t count = recording_count(recording, SECTION_WATCHED);
    for (uint64_t i = 0; i < count; i++) {
        struct watched_row row;
        if (!recording_row(recording, SECTION_WATCHED, i, &row, sizeof row) || row.unloaded)
            continue;
        if (row.kind == WATCHED_GENERATED && row.bytes)
            return "code that was made at run time was not watched: it may order them";
        if (hides_order(recording, &row)) {
            const char *path = recording_string(recording, row.module), *slash = strrchr(path, '/');
            return arena_print(arena, "%s was not watched: it may order them",
                               slash ? slash + 1 : path);
        }
    }
    return NULL;
}
