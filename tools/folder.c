#include "folder.h"
#include "flags.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t mtime_of(const struct stat *status)
{
    return (uint64_t)status->st_mtim.tv_sec * 1000000000 + (uint64_t)status->st_mtim.tv_nsec;
}

static int is_recording(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name), suffix = strlen(RECORDING_SUFFIX);
    return entry->d_name[0] != '.' && length > suffix &&
           !strcmp(entry->d_name + length - suffix, RECORDING_SUFFIX);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static size_t entries_of(struct arena *arena, const char *folder,
                         int (*filter)(const struct dirent *), const char ***ret_paths)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, filter, alphasort);
    if (count < 0)
        return 0;
    const char **paths = arena_take(arena, (size_t)count * sizeof *paths);
    for (int i = 0; i < count; i++) {
        paths[i] = arena_print(arena, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *ret_paths = paths;
    return (size_t)count;
}

size_t folder_recordings(struct arena *arena, const char *folder, const char ***ret_paths)
{
    return entries_of(arena, folder, is_recording, ret_paths);
}

/* The roots at hand; one in /tmp only when it is ours: anybody may make a folder there. */
static size_t roots(struct arena *arena, const char *ret_roots[2])
{
    size_t count = 0;
    struct stat status;
    const char *state = getenv("XDG_STATE_HOME");
    if (state && *state == '/')
        ret_roots[count++] = arena_print(arena, "%s/holdfast", state);
    const char *tmp = arena_print(arena, "/tmp/holdfast-%u", (unsigned)getuid());
    if (!lstat(tmp, &status) && S_ISDIR(status.st_mode) && status.st_uid == getuid())
        ret_roots[count++] = tmp;
    return count;
}

struct run_list {
    struct run_folder *rows;
    size_t count, capacity;
};

static void add_run(struct arena *arena, struct run_list *list, const char *path)
{
    struct stat status;
    const char **recordings;
    if (stat(path, &status) || !S_ISDIR(status.st_mode) ||
        !folder_recordings(arena, path, &recordings))
        return;
    list->rows = array_grow(list->rows, list->count, &list->capacity, sizeof *list->rows);
    list->rows[list->count++] = (struct run_folder){path, mtime_of(&status)};
}

static int newest_first(const void *a, const void *b)
{
    const struct run_folder *left = a, *right = b;
    if (left->mtime != right->mtime)
        return left->mtime > right->mtime ? -1 : 1;
    return strcmp(right->path, left->path);
}

size_t folder_runs(struct arena *arena, const char *root, struct run_folder **ret_runs)
{
    const char *places[2] = {root};
    size_t count = root ? 1 : roots(arena, places);
    struct run_list list = {0};
    for (size_t i = 0; i < count; i++) {
        const char **folders;
        size_t folder_count = entries_of(arena, places[i], is_visible, &folders);
        add_run(arena, &list, places[i]);
        for (size_t k = 0; k < folder_count; k++)
            add_run(arena, &list, folders[k]);
    }
    if (list.count)
        qsort(list.rows, list.count, sizeof *list.rows, newest_first);
    *ret_runs = arena_take(arena, list.count * sizeof **ret_runs);
    if (list.count)
        memcpy(*ret_runs, list.rows, list.count * sizeof **ret_runs);
    free(list.rows);
    return list.count;
}

/* PROGRAM.PID.holdfast or PROGRAM.PID.IMAGE.holdfast */
static bool names_pid(const char *path, int pid)
{
    const char *slash = strrchr(path, '/');
    char part[24];
    snprintf(part, sizeof part, ".%d.", pid);
    return slash && strstr(slash, part);
}

struct candidate {
    const char *path;
    bool live;
    uint64_t start;
    uint32_t image;
};

static bool better(const struct candidate *a, const struct candidate *b)
{
    if (!b->path || a->live != b->live)
        return !b->path || a->live;
    return a->start != b->start ? a->start > b->start : a->image > b->image;
}

static void consider(struct candidate *best, const char *path, int pid)
{
    struct problem problem;
    struct recording *recording = recording_open(path, &problem);
    if (!recording)
        return;
    struct candidate candidate = {path, recording_is_live(recording),
                                  recording->header.start_real_time, recording->header.image};
    if (recording->header.pid == pid && better(&candidate, best))
        *best = candidate;
    recording_close(recording);
}

const char *folder_find_pid(struct arena *arena, int pid)
{
    struct run_folder *runs;
    struct candidate best = {0};
    size_t count = folder_runs(arena, NULL, &runs);
    for (size_t i = 0; i < count; i++) {
        const char **paths;
        size_t path_count = folder_recordings(arena, runs[i].path, &paths);
        for (size_t k = 0; k < path_count; k++)
            if (names_pid(paths[k], pid))
                consider(&best, paths[k], pid);
    }
    return best.path;
}

const char *folder_find(struct arena *arena, const char *argument)
{
    if (!argument) {
        struct run_folder *runs;
        if (folder_runs(arena, NULL, &runs))
            return runs[0].path;
        say_error("there are no recordings yet; `holdfast run PROGRAM` makes one.");
        return NULL;
    }
    size_t digits = strspn(argument, "0123456789");
    if (!digits || argument[digits] || digits > 9 || !access(argument, F_OK))
        return argument;
    const char *path = folder_find_pid(arena, atoi(argument));
    if (!path)
        say_error("there is no recording of process %s: it was not started under holdfast, or "
                  "records elsewhere.",
                  argument);
    return path;
}
