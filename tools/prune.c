#include "prune.h"
#include "folder.h"
#include "peek.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* YYYYMMDD-HHMMSS-PID, perhaps with another -N. */
static int only_runs(const struct dirent *entry)
{
    const char *at = entry->d_name;
    if (strspn(at, "0123456789") != 8 || at[8] != '-' || strspn(at + 9, "0123456789") != 6)
        return 0;
    at += 15;
    for (int parts = 0; *at && parts < 2; parts++) {
        size_t digits = *at == '-' ? strspn(at + 1, "0123456789") : 0;
        if (!digits)
            return 0;
        at += 1 + digits;
    }
    return at != entry->d_name + 15 && !*at;
}

static uint64_t bytes_of(const char *path)
{
    struct stat status;
    return lstat(path, &status) ? 0 : (uint64_t)status.st_blocks * 512;
}

static bool is_young(const char *path)
{
    struct stat status;
    return !stat(path, &status) && time(NULL) - status.st_mtime < 3600;
}

static bool may_be_in_use(const char *path)
{
    struct recording_header header;
    int result = peek_header(path, &header);
    if (result != -ENOENT)
        return !result && peek_is_live(&header);
    /* No header: of a process that is just starting, or of one that was killed while it did. */
    return is_young(path);
}

struct past {
    unsigned runs;
    uint64_t bytes;
};

/* Counts one run, and removes it when that is too much. */
static void visit_run(struct past *past, const char *folder, bool spared)
{
    struct arena arena = {0};
    const char **paths;
    size_t count = folder_recordings(&arena, folder, &paths);
    for (size_t i = 0; i < count; i++)
        past->bytes += bytes_of(paths[i]);
    past->runs++;
    bool kept = spared || past->runs == 1 ||
                (past->runs <= PRUNE_RUNS_KEPT && past->bytes <= PRUNE_BYTES_KEPT);
    for (size_t i = 0; i < count && !kept; i++)
        kept = may_be_in_use(paths[i]);
    /* A process makes its folder first: many that start at once must not lose theirs. */
    if (!kept && !count)
        kept = is_young(folder);
    for (size_t i = 0; i < count && !kept; i++)
        unlink(paths[i]);
    /* Fails when somebody put something else there, which then stays. */
    if (!kept)
        rmdir(folder);
    arena_finish(&arena);
}

int prune_runs(const char *base, const char *spare)
{
    struct dirent **entries;
    struct past past = {0};
    int count = scandir(base, &entries, only_runs, alphasort);
    if (count < 0)
        return -errno;
    /* Names begin with the time, so the order of names is the order of age: newest first here. */
    for (int i = count - 1; i >= 0; i--) {
        char folder[4096];
        const char *name = entries[i]->d_name;
        if (snprintf(folder, sizeof folder, "%s/%s", base, name) < (int)sizeof folder)
            visit_run(&past, folder, !strcmp(name, spare));
        free(entries[i]);
    }
    free(entries);
    return 0;
}
