#include "symbol_index.h"
#include <ctype.h>
#include <fcntl.h>
#include <libiberty/demangle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct symbol_store {
    struct map files; /* hash of identity → struct symbol_file */
    struct arena arena;
};

static struct place_names nothing;

struct symbol_store *symbol_store_create(void)
{
    /* libdwfl would ask these servers for what is missing here. */
    unsetenv("DEBUGINFOD_URLS");
    return calloc(1, sizeof(struct symbol_store));
}

static void functions_finish(struct ranges *functions)
{
    for (size_t i = 0; i < functions->count; i++)
        ranges_finish(&((struct subprogram *)functions->rows[i].of)->inlined);
    ranges_finish(functions);
}

static void unit_finish(struct unit *unit)
{
    functions_finish(&unit->functions);
    functions_finish(&unit->nested);
}

static void file_finish(struct symbol_file *file)
{
    for (size_t i = 0; i < file->units.count; i++)
        unit_finish(file->units.rows[i].of);
    ranges_finish(&file->units);
    ranges_finish(&file->data_units);
    ranges_finish(&file->symbols);
    ranges_finish(&file->objects);
    ranges_finish(&file->thread_objects);
    ranges_finish(&file->variables);
    ranges_finish(&file->thread_variables);
    map_finish(&file->answers);
    map_finish(&file->slots);
    free(file->decoded.steps);
    if (file->dwfl)
        dwfl_end(file->dwfl);
    arena_finish(&file->arena);
}

void symbol_store_destroy(struct symbol_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->files.capacity; i++)
        if (store->files.slots[i].value)
            file_finish(store->files.slots[i].value);
    map_finish(&store->files);
    arena_finish(&store->arena);
    free(store);
}

struct symbol_file *symbol_file_of(struct symbol_store *store,
                                   const struct module_identity *identity)
{
    uint64_t key = hash_text(HASH_START, identity->path);
    key = hash_bytes(key, identity->build_id, identity->build_id_size);
    key = hash_bytes(key, &identity->file_mtime, sizeof identity->file_mtime);
    key = hash_bytes(key, &identity->file_size, sizeof identity->file_size);
    struct symbol_file *file = map_get(&store->files, key);
    if (file)
        return file;
    file = arena_take(&store->arena, sizeof *file);
    file->store = store;
    file->identity = *identity;
    file->identity.path = arena_text(&store->arena, identity->path, strlen(identity->path));
    file->identity.build_id = (const uint8_t *)arena_text(
        &store->arena, (const char *)identity->build_id, identity->build_id_size);
    map_put(&store->files, key, file);
    return file;
}

/* ---- opening ---- */

static char *debug_path;
static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf, /* not asked: the file is reported by name */
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debug_path,
};

/* Reports path as the one module of a new Dwfl. */
static Dwfl_Module *load(Dwfl **ret_dwfl, const char *path)
{
    /* Opened here and not by libdwfl, so that a path in a recording can never make us wait on a
       FIFO or rewind a tape. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) || !S_ISREG(status.st_mode)) {
        close(fd);
        return NULL;
    }
    Dwfl *dwfl = dwfl_begin(&callbacks);
    Dwfl_Module *module = NULL;
    if (dwfl) {
        dwfl_report_begin(dwfl);
        module = dwfl_report_elf(dwfl, path, path, fd, 0, true);
        dwfl_report_end(dwfl, NULL, NULL);
    }
    if (!module) { /* with a module, fd is libdwfl's */
        close(fd);
        dwfl_end(dwfl);
        return NULL;
    }
    *ret_dwfl = dwfl;
    return module;
}

static bool is_the_module(struct symbol_file *file, Dwfl_Module *module, const char *path)
{
    const struct module_identity *want = &file->identity;
    struct stat status;
    if (want->build_id_size) {
        const unsigned char *bits;
        GElf_Addr address;
        int size = dwfl_module_build_id(module, &bits, &address);
        return size == (int)want->build_id_size && !memcmp(bits, want->build_id, (size_t)size);
    }
    if (stat(path, &status))
        return false;
    uint64_t mtime =
        (uint64_t)status.st_mtim.tv_sec * 1000000000 + (uint64_t)status.st_mtim.tv_nsec;
    return (!want->file_size || want->file_size == (uint64_t)status.st_size) &&
           (!want->file_mtime || want->file_mtime == mtime);
}

static bool try_file(struct symbol_file *file, const char *path)
{
    Dwfl *dwfl = NULL;
    Dwfl_Module *module = load(&dwfl, path);
    if (!module)
        return false;
    if (!is_the_module(file, module, path)) {
        dwfl_end(dwfl);
        return false;
    }
    file->dwfl = dwfl;
    file->module = module;
    struct stat status;
    if (!stat(path, &status))
        file->mtime =
            (uint64_t)status.st_mtim.tv_sec * 1000000000 + (uint64_t)status.st_mtim.tv_nsec;
    return true;
}

static void file_open(struct symbol_file *file)
{
    file->opened = true;
    const struct module_identity *identity = &file->identity;
    if (identity->path[0] != '/')
        return;
    if (!try_file(file, identity->path) && identity->build_id_size > 1) {
        /* Gone or replaced since: its debug file may still be at hand. */
        char path[96] = "/usr/lib/debug/.build-id/", *out = path + strlen(path);
        for (unsigned i = 0; i < identity->build_id_size && i < 20; i++)
            out += sprintf(out, i == 0 ? "%02x/" : "%02x", identity->build_id[i]);
        strcpy(out, ".debug");
        try_file(file, path);
    }
    if (file->module)
        symbol_dwarf_open(file);
}

uint64_t symbol_file_mtime(struct symbol_file *file)
{
    return file->mtime;
}

/* ---- names ---- */

char *symbol_demangle(const char *name)
{
    if (strncmp(name, "_Z", 2) && strncmp(name, "_R", 2) && strncmp(name, "__Z", 3))
        return NULL;
    return cplus_demangle(name, DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO);
}

/* Length of name without what compilers append to clones: ".cold", ".part.0", ".isra.1.cold",
   ".llvm.1234"; and without a symbol version. */
static size_t without_suffix(const char *name)
{
    static const char *const clones[] = {".cold",      ".part.",      ".isra.", ".constprop.",
                                         ".lto_priv.", ".localalias", ".llvm.", ".clone."};
    size_t length = strcspn(name, "@");
    for (unsigned i = 0; i < sizeof clones / sizeof clones[0]; i++) {
        const char *at = strstr(name, clones[i]);
        if (at && at > name && (size_t)(at - name) < length)
            length = (size_t)(at - name);
    }
    return length ? length : strlen(name);
}

const char *symbol_clean_name(struct symbol_file *file, const char *raw)
{
    char *name = arena_text(&file->arena, raw, without_suffix(raw));
    char *demangled = symbol_demangle(name);
    const char *clean = name;
    if (demangled && *demangled)
        clean = arena_text(&file->arena, demangled, strlen(demangled));
    free(demangled);
    for (char *c = (char *)clean; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return clean;
}

static const struct place_names *look_up(struct symbol_file *file, uint64_t address)
{
    struct place_names *names = (struct place_names *)symbol_dwarf_at(file, address);
    if (names && names->names[names->count - 1].function)
        return names;
    const char *raw = symbol_table_at(file, address);
    if (!raw)
        return names;
    if (!names) {
        names = arena_take(&file->arena, sizeof *names + sizeof names->names[0]);
        names->count = 1;
    }
    names->names[names->count - 1].function = symbol_clean_name(file, raw);
    return names;
}

bool symbol_file_ready(struct symbol_file *file)
{
    if (!file->opened)
        file_open(file);
    return file->module;
}

const struct place_names *symbol_at(struct symbol_file *file, uint64_t address)
{
    if (!symbol_file_ready(file))
        return NULL;
    struct place_names *names = map_get(&file->answers, address + 1);
    if (!names) {
        names = (struct place_names *)look_up(file, address);
        map_put(&file->answers, address + 1, names ? names : &nothing);
    }
    return names && names != &nothing ? names : NULL;
}
