#include "state/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <sys/stat.h>

#include "base/lock.h"
#include "base/memory.h"
#include "base/recording.h"
#include "base/syscall.h"
#include "state/build_id.h"
#include "state/unwind.h"

uint32_t module_epoch;

/* Modules that are mapped now and have a row. Written under LOCK_MODULES, start last; read without:
   an entry counts when all of it is what the loader says, so a torn one is no match. */
#define KNOWN_MAX 4096u
static struct known {
    uintptr_t start; /* 0: free */
    uintptr_t end, base;
    const void *map; /* struct link_map */
    uint64_t name_hash;
    uint64_t identity; /* see identity_of() */
    uint64_t row;      /* index in SECTION_MODULES */
} known[KNOWN_MAX];
static uint32_t known_used;

/* What is gone, oldest first. Written under LOCK_MODULES; count publishes. */
#define GONE_MAX (1u << 16)
static struct gone {
    uintptr_t start, end;
    uint64_t identity;
    uint32_t epoch; /* the first without it */
} * gone;
static uint32_t gone_count;

static uint64_t hash_text(const char *text)
{
    uint64_t hash = 14695981039346656037ull;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211ull;
    return hash;
}

static bool is_known(const struct known *entry, const struct dl_find_object *object)
{
    const struct link_map *map = object->dlfo_link_map;
    return __atomic_load_n(&entry->start, __ATOMIC_ACQUIRE) == (uintptr_t)object->dlfo_map_start &&
           entry->end == (uintptr_t)object->dlfo_map_end && entry->map == map &&
           entry->base == map->l_addr && entry->name_hash == hash_text(map->l_name);
}

/* Does the process still have what the entry stands for? */
static bool is_still_there(const struct known *entry)
{
    struct dl_find_object object;
    return _dl_find_object((void *)entry->start, &object) == 0 && is_known(entry, &object);
}

/* Too large for a small stack; under LOCK_MODULES. */
static char path[PATH_MAX];

/* As it was at birth: later there may be no /proc, or another root. */
static const char *executable;
static struct stat executable_file;

void module_start_up(const char *path_of_executable)
{
    executable = path_of_executable;
    if (raw_failed(raw_syscall(SYS_stat, "/proc/self/exe", &executable_file)))
        mem_clear(&executable_file, sizeof executable_file);
}

static uint32_t keep_executable_path(void)
{
    if (executable && *executable)
        return string_keep(executable);
    long length = raw_syscall(SYS_readlink, "/proc/self/exe", path, sizeof path);
    return raw_failed(length) ? 0 : string_keep_bytes(path, (size_t)length);
}

/* A name relative to the working directory says nothing to a reader: make it whole. */
static uint32_t keep_relative_path(const char *name)
{
    long length = raw_syscall(SYS_getcwd, path, sizeof path); /* counts the NUL */
    size_t size = text_length(name);
    if (raw_failed(length) || (size_t)length + size > sizeof path)
        return string_keep(name);
    path[length - 1] = '/';
    mem_copy(path + length, name, size);
    return string_keep_bytes(path, (size_t)length + size);
}

/* stat of a file; zeroes when there is none. */
static void note_status(const struct stat *file, struct module_row *row)
{
    row->file_size = (uint64_t)file->st_size;
    row->file_mtime =
        (uint64_t)file->st_mtim.tv_sec * 1000000000u + (uint64_t)file->st_mtim.tv_nsec;
}

static void note_file(const char *name, struct module_row *row)
{
    struct stat file;
    if (!raw_failed(raw_syscall(SYS_newfstatat, AT_FDCWD, name, &file, 0)))
        note_status(&file, row);
}

static void note_name(const struct link_map *map, struct module_row *row)
{
    if (!map->l_name[0]) {
        row->path = keep_executable_path();
        note_status(&executable_file, row);
    } else if (text_starts(map->l_name, "linux-vdso") || text_starts(map->l_name, "linux-gate")) {
        row->path = string_keep("[vdso]");
    } else {
        row->path =
            map->l_name[0] == '/' ? string_keep(map->l_name) : keep_relative_path(map->l_name);
        note_file(map->l_name, row);
    }
}

/* The program headers, from memory: the first segment holds the file's header. */
static void note_build_id(const struct dl_find_object *object, struct module_row *row)
{
    uintptr_t start = (uintptr_t)object->dlfo_map_start, end = (uintptr_t)object->dlfo_map_end;
    const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)start;
    if (end - start < sizeof *header || !mem_equal(header->e_ident, ELFMAG, SELFMAG) ||
        header->e_phentsize != sizeof(ElfW(Phdr)) || header->e_phoff > end - start ||
        header->e_phnum * sizeof(ElfW(Phdr)) > end - start - header->e_phoff)
        return;
    const ElfW(Phdr) *segments = (const ElfW(Phdr) *)(start + header->e_phoff);
    for (unsigned i = 0; i < header->e_phnum && !row->build_id_size; i++) {
        uintptr_t at = object->dlfo_link_map->l_addr + segments[i].p_vaddr;
        if (segments[i].p_type == PT_NOTE && at >= start && at < end &&
            segments[i].p_memsz <= end - at)
            row->build_id_size =
                build_id_find(at, at + segments[i].p_memsz, row->build_id, sizeof row->build_id);
    }
}

/* Equal for the same file at the same place. */
static uint64_t identity_of(const struct module_row *row, uint64_t name_hash)
{
    uint64_t words[] = {row->base, row->start, row->end, row->file_size, row->file_mtime, name_hash,
                        0,         0,          0};
    uint64_t hash = 14695981039346656037ull;
    mem_copy(&words[6], row->build_id, sizeof row->build_id);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        hash = ((hash ^ words[i]) * 0x9e3779b97f4a7c15ull) ^ hash >> 29;
    return hash;
}

static bool make_row(const struct dl_find_object *object, struct known *entry)
{
    struct module_row *row = section_reserve(SECTION_MODULES, sizeof *row);
    if (!row)
        return false;
    uint64_t index = (uint64_t)(row - (struct module_row *)section_start[SECTION_MODULES]);
    row->base = object->dlfo_link_map->l_addr;
    row->start = (uintptr_t)object->dlfo_map_start;
    row->end = (uintptr_t)object->dlfo_map_end;
    row->loaded_epoch = module_epoch;
    note_name(object->dlfo_link_map, row);
    note_build_id(object, row);
    /* Publishes the row. Pairs with the reader's acquire of generation. */
    __atomic_store_n(&row->generation, (uint32_t)index + 1, __ATOMIC_RELEASE);
    entry->end = row->end;
    entry->base = row->base;
    entry->map = object->dlfo_link_map;
    entry->name_hash = hash_text(object->dlfo_link_map->l_name);
    entry->identity = identity_of(row, entry->name_hash);
    entry->row = index;
    __atomic_store_n(&entry->start, row->start, __ATOMIC_RELEASE);
    return true;
}

/* The first epoch in which the module is gone is `epoch`. Under LOCK_MODULES. */
static void end_known(struct known *entry, uint32_t epoch)
{
    uint32_t count = gone_count;
    if (!gone)
        gone = pages_map(GONE_MAX * sizeof *gone);
    if (gone && count < GONE_MAX)
        gone[count] = (struct gone){
            .start = entry->start, .end = entry->end, .identity = entry->identity, .epoch = epoch};
    /* Publishes the entry. Pairs with the acquire in module_changed_between(). */
    __atomic_store_n(&gone_count, count + 1, __ATOMIC_RELEASE);
    struct module_row *row = ROW(SECTION_MODULES, struct module_row, entry->row);
    __atomic_store_n(&row->unloaded_epoch, epoch, __ATOMIC_RELEASE);
    __atomic_store_n(&entry->start, 0, __ATOMIC_RELEASE);
}

/* Ends what is gone. Under LOCK_MODULES. */
static bool end_gone(void)
{
    bool any = false;
    uint32_t epoch = module_epoch + 1;
    for (uint32_t i = 0; i < known_used; i++)
        if (known[i].start && !is_still_there(&known[i])) {
            end_known(&known[i], epoch);
            any = true;
        }
    if (any)
        __atomic_store_n(&module_epoch, epoch, __ATOMIC_RELEASE);
    return any;
}

static struct known *find_known(const struct dl_find_object *object)
{
    uint32_t used = __atomic_load_n(&known_used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < used; i++)
        if (is_known(&known[i], object))
            return &known[i];
    return NULL;
}

/* A free entry; under LOCK_MODULES. */
static struct known *free_known(void)
{
    for (uint32_t i = 0; i < known_used; i++)
        if (!known[i].start)
            return &known[i];
    if (known_used == KNOWN_MAX)
        return NULL;
    __atomic_store_n(&known_used, known_used + 1, __ATOMIC_RELEASE);
    return &known[known_used - 1];
}

/* Does another module's row claim a part of this one's addresses? Then that one is gone, and nobody
   told us (libc unloads some of its own modules, gconv's for one). */
static bool overlaps_known(const struct dl_find_object *object)
{
    for (uint32_t i = 0; i < known_used; i++)
        if (known[i].start && known[i].start < (uintptr_t)object->dlfo_map_end &&
            known[i].end > (uintptr_t)object->dlfo_map_start)
            return true;
    return false;
}

bool module_seen(uintptr_t pc)
{
    struct dl_find_object object;
    if (!recording || _dl_find_object((void *)pc, &object) != 0 || find_known(&object))
        return true;
    if (!lock_try(LOCK_MODULES))
        return false;
    bool replaced = overlaps_known(&object) && end_gone();
    if (!find_known(&object)) {
        struct known *entry = free_known();
        if (entry)
            make_row(&object, entry);
    }
    lock_give(LOCK_MODULES);
    if (replaced)
        unwind_forget();
    return !replaced;
}

bool module_unloaded(void)
{
    if (!recording)
        return false;
    lock_take(LOCK_MODULES);
    bool any = end_gone();
    lock_give(LOCK_MODULES);
    return any;
}

/* Is a module of this identity mapped at pc now? */
static bool is_back(uint64_t identity, uintptr_t pc)
{
    uint32_t used = __atomic_load_n(&known_used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < used; i++) {
        uintptr_t start = __atomic_load_n(&known[i].start, __ATOMIC_ACQUIRE);
        if (start && pc >= start && pc < known[i].end)
            return known[i].identity == identity;
    }
    return false;
}

/* What held pc in epoch `earlier`, if it has gone up to `later`: the first to go of those that lie
   there. */
static const struct gone *first_gone(uint32_t earlier, uint32_t later, uint32_t count, uintptr_t pc)
{
    const struct gone *first = NULL;
    for (uint32_t i = count; i > 0 && gone[i - 1].epoch > earlier; i--)
        if (gone[i - 1].epoch <= later && pc >= gone[i - 1].start && pc < gone[i - 1].end)
            first = &gone[i - 1];
    return first;
}

bool module_changed_between(uint32_t epoch, uint32_t other, const uint64_t *pcs, uint32_t count)
{
    uint32_t earlier = epoch < other ? epoch : other, later = epoch < other ? other : epoch;
    uint32_t recorded = __atomic_load_n(&gone_count, __ATOMIC_ACQUIRE);
    if (recorded > GONE_MAX || !gone)
        return true; /* more than we keep: nothing is certain */
    for (uint32_t i = 0; i < count; i++) {
        const struct gone *module = first_gone(earlier, later, recorded, pcs[i]);
        if (module && (later != __atomic_load_n(&module_epoch, __ATOMIC_ACQUIRE) ||
                       !is_back(module->identity, pcs[i])))
            return true;
    }
    return false;
}

void module_after_fork(const struct module_row *rows, const char *strings)
{
    gone_count = 0;
    module_epoch = 0;
    for (uint32_t i = 0; i < known_used; i++) {
        if (!known[i].start)
            continue;
        struct module_row *row = section_reserve(SECTION_MODULES, sizeof *row);
        if (!row) {
            known[i].start = 0;
            continue;
        }
        const struct module_row *parents = &rows[known[i].row];
        mem_copy(row, parents, sizeof *row);
        row->path = string_keep(strings + parents->path);
        row->loaded_epoch = 0;
        known[i].row = (uint64_t)(row - (struct module_row *)section_start[SECTION_MODULES]);
        row->generation = (uint32_t)known[i].row + 1;
    }
}
