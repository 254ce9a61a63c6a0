#include "state/environment.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/memory.h"
#include "base/syscall.h"
#include "base/text.h"

struct environment environment;

#define STAND_IN "libtsan.so.2"

static const char *keep(const char *text, size_t length)
{
    char *copy = arena_alloc(length + 1);
    if (copy)
        mem_copy(copy, text, length);
    return copy;
}

/* "name=value" → value, or NULL when entry is another variable. */
static const char *value_of(const char *entry, const char *name)
{
    size_t length = text_length(name);
    return text_starts(entry, name) && entry[length] == '=' ? entry + length + 1 : NULL;
}

static bool mem_starts(const char *text, const char *prefix, size_t length)
{
    while (length && *text && *text == *prefix)
        text++, prefix++, length--;
    return length == 0;
}

static bool is_separator(char c)
{
    return c == ':' || c == ' ';
}

/* Takes our library out of a list of preloads, in place. Returns false when nothing is left of it.
 */
static bool drop_library(char *list)
{
    char *out = list;
    bool any = false, behind = false;
    for (char *at = list; *at;) {
        while (is_separator(*at))
            at++;
        char *start = at;
        while (*at && !is_separator(*at))
            at++;
        size_t length = (size_t)(at - start);
        char saved = *at;
        *at = '\0';
        const char *base = text_base(start);
        bool library = length && text_starts(base, "libholdfast.so");
        /* What stands right behind ours is ours too. */
        bool ours = library || (behind && text_equal(base, STAND_IN));
        behind = library;
        if (library && !environment.library)
            environment.library = keep(start, length);
        *at = saved;
        if (length == 0 || ours)
            continue;
        if (any)
            *out++ = ':';
        for (size_t i = 0; i < length; i++)
            *out++ = start[i];
        any = true;
    }
    *out = '\0';
    return any;
}

/* HOLDFAST_RUN=FOLDER:ID[:launched]; the folder may hold colons, the id is hexadecimal. */
static void read_run(const char *value)
{
    size_t length = text_length(value);
    if (length > 9 && text_equal(value + length - 9, ":launched")) {
        environment.launched = true;
        length -= 9;
    }
    size_t colon = length;
    while (colon > 0 && value[colon - 1] != ':')
        colon--;
    if (colon < 2)
        return;
    uint64_t id = 0;
    for (size_t i = colon; i < length; i++)
        id = id << 4 | (uint64_t)(value[i] <= '9' ? value[i] - '0' : (value[i] | 0x20) - 'a' + 10);
    environment.run_id = id;
    environment.run_folder = keep(value, colon - 1);
    environment.inherited = true;
}

/* Behind the environment's end lies the auxiliary vector, which a program without libc's start
   (Go's) finds by walking over the environment. Between the new end and the old one it must meet
   entries to ignore, or, where pairs do not fit, no entry at all: then it asks the kernel. */
static void fill_gap(char **new_end, char **old_end)
{
    size_t gap = (size_t)(old_end - new_end);
    for (size_t i = 0; i <= gap; i++)
        new_end[i] = (char *)(uintptr_t)(i % 2 && gap % 2 == 0 ? AT_IGNORE : 0);
}

void environment_take(char **envp)
{
    char **out = envp, **at;
    for (at = envp; *at; at++) {
        const char *value;
        if ((value = value_of(*at, "HOLDFAST_OPTIONS")))
            environment.options = keep(value, text_length(value));
        else if ((value = value_of(*at, "HOLDFAST_RUN")))
            read_run(value);
        else if (!(value = value_of(*at, "LD_PRELOAD")) ||
                 !text_find_text(value, "libholdfast.so") || drop_library((char *)value))
            *out++ = *at;
    }
    fill_gap(out, at);
}

static const char *entry(const char *name, const char *value, const char *more, const char *last)
{
    size_t room =
        text_length(name) + text_length(value) + text_length(more) + text_length(last) + 1;
    char *buffer = arena_alloc(room);
    if (!buffer)
        return NULL;
    struct text text = text_in(buffer, room);
    text_add(&text, name);
    text_add(&text, value);
    text_add(&text, more);
    text_add(&text, last);
    return buffer;
}

void environment_library(const char *path, const char *directory)
{
    environment.path =
        path[0] == '/' ? keep(path, text_length(path)) : entry(directory, "/", path, "");
    if (environment.library)
        environment.library = environment.path;
}

void environment_run(const char *folder, uint64_t run_id)
{
    char hex[24];
    struct text text = text_in(hex, sizeof hex);
    text_add_char(&text, ':');
    text_add_hex(&text, run_id);
    environment.run_folder = keep(folder, text_length(folder));
    environment.run_id = run_id;
    environment.entries[0] =
        environment.library ? entry("LD_PRELOAD=", environment.library, "", "") : NULL;
    environment.entries[1] =
        entry("HOLDFAST_RUN=", folder, hex, environment.launched ? ":launched" : "");
    environment.entries[2] =
        environment.options ? entry("HOLDFAST_OPTIONS=", environment.options, "", "") : NULL;
}

size_t environment_size(char *const *envp)
{
    size_t count = 0;
    while (envp && envp[count])
        count++;
    return count + ENVIRONMENT_OURS + 1;
}

size_t environment_text_room(char *const *envp)
{
    size_t room = 1 + (environment.entries[0] ? text_length(environment.entries[0]) : 0) + 1 +
                  ENVIRONMENT_PATH_MAX;
    for (; envp && *envp; envp++)
        if (value_of(*envp, "LD_PRELOAD"))
            room += text_length(*envp) + 1;
    return room;
}

/* A variable of ours that the program (a nested `holdfast run`, a test) has set itself wins over
   the one that was taken away from it. */
static bool has(char *const *envp, const char *our_entry)
{
    size_t name = (size_t)(text_find(our_entry, '=') - our_entry) + 1;
    for (; envp && *envp; envp++)
        if (mem_starts(*envp, our_entry, name))
            return true;
    return false;
}

/* All of envp's preloads behind ours, unless the program puts our library there itself. */
static void merge_preloads(char *const *envp, const char *stand_in, struct text *text)
{
    const char *preload;
    for (char *const *at = envp; at && *at; at++)
        if ((preload = value_of(*at, "LD_PRELOAD")) && text_find_text(preload, "libholdfast.so")) {
            text_add(text, *at);
            return;
        }
    text_add(text, environment.entries[0]);
    if (stand_in) {
        text_add_char(text, ':');
        text_add(text, stand_in);
    }
    for (; envp && *envp; envp++)
        if ((preload = value_of(*envp, "LD_PRELOAD")) && *preload) {
            text_add_char(text, ':');
            text_add(text, preload);
        }
}

void environment_merge(char *const *envp, const char *stand_in, char **merged, char *buffer,
                       size_t room)
{
    struct text text = text_in(buffer, room);
    char *preload = NULL;
    size_t count = 0;
    if (environment.entries[0]) {
        merge_preloads(envp, stand_in, &text);
        preload = buffer;
    }
    for (char *const *at = envp; at && *at; at++) {
        if (!environment.entries[0] || !value_of(*at, "LD_PRELOAD")) {
            merged[count++] = *at;
        } else if (preload) { /* where the first one stood */
            merged[count++] = preload;
            preload = NULL;
        }
    }
    if (preload)
        merged[count++] = preload;
    for (int i = 1; i < ENVIRONMENT_OURS; i++)
        if (environment.entries[i] && !has(envp, environment.entries[i]))
            merged[count++] = (char *)environment.entries[i];
    merged[count] = NULL;
}

/* In a folder beside our library: installed, or as built. */
bool environment_stand_in(char *ret_path)
{
    static const char *const folders[] = {"holdfast/", "compiled/"};
    if (!environment.path)
        return false;
    size_t folder = (size_t)(text_base(environment.path) - environment.path);
    for (unsigned i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        struct text text = text_in(ret_path, ENVIRONMENT_PATH_MAX);
        for (size_t k = 0; k < folder; k++)
            text_add_char(&text, environment.path[k]);
        text_add(&text, folders[i]);
        text_add(&text, STAND_IN);
        if (!raw_failed(raw_syscall(SYS_access, ret_path, R_OK)))
            return true;
    }
    return false;
}

/* What environment_lend put in place. Protected by LOCK_ENVIRONMENT. The memory stays: another
   thread may be walking environ. */
static struct {
    unsigned borrowers;
    char **merged, **original;
    size_t room;
} lent;

static bool lend(char **envp)
{
    size_t pointers = environment_size(envp) * sizeof(char *);
    size_t need = pointers + environment_text_room(envp);
    if (need > lent.room) {
        size_t room = (need * 2 + 4095) & ~(size_t)4095;
        char **merged = pages_map(room);
        if (!merged)
            return false;
        lent.merged = merged;
        lent.room = room;
    }
    lent.original = envp;
    environment_merge(envp, NULL, lent.merged, (char *)lent.merged + pointers,
                      lent.room - pointers);
    return true;
}

void environment_lend(void)
{
    lock_take(LOCK_ENVIRONMENT);
    if (lent.borrowers++ == 0 && lend(environ))
        environ = lent.merged;
    lock_give(LOCK_ENVIRONMENT);
}

static bool is_lent(const char *entry)
{
    for (int i = 1; i < ENVIRONMENT_OURS; i++)
        if (entry == environment.entries[i])
            return true;
    return entry >= (char *)lent.merged && entry < (char *)lent.merged + lent.room;
}

/* Another thread called setenv meanwhile: environ is a copy of ours now. */
static void take_out_lent(char **envp)
{
    char **out = envp, *own_preload = NULL;
    for (char **at = lent.original; at && *at && !own_preload; at++)
        if (value_of(*at, "LD_PRELOAD"))
            own_preload = *at;
    for (char **at = envp; *at; at++) {
        if (!is_lent(*at))
            *out++ = *at;
        else if (own_preload && value_of(*at, "LD_PRELOAD"))
            *out++ = own_preload;
    }
    *out = NULL;
}

void environment_return(void)
{
    lock_take(LOCK_ENVIRONMENT);
    if (--lent.borrowers == 0) {
        if (environ == lent.merged && lent.merged)
            environ = lent.original;
        else if (environ && environ != lent.original)
            take_out_lent(environ);
    }
    lock_give(LOCK_ENVIRONMENT);
}
