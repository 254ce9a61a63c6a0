#include "run_place.h"
#include "flags.h"
#include "folder.h"
#include "peek.h"
#include "prune.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_UNWATCHABLE = 125 };

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && !strcmp(text + length - tail, end);
}

static bool is_folder(const char *path)
{
    struct stat status;
    return !stat(path, &status) && S_ISDIR(status.st_mode);
}

static int join(char *ret_path, size_t size, const char *folder, const char *name)
{
    int length = snprintf(ret_path, size, "%s/%s", folder, name);
    return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

/* The user's base folder; it may not exist. */
static int place_base(char *ret_path, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME");
    /* The XDG specification: relative paths are invalid and to be ignored. */
    if (state && *state == '/')
        return join(ret_path, size, state, "holdfast");
    int length = snprintf(ret_path, size, "/tmp/holdfast-%u", (unsigned)geteuid());
    return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

/* mkdir -p with 0700; what is there already stays as it is. */
static int make_parents(const char *path)
{
    char part[4096];
    if (strlen(path) >= sizeof part)
        return -ENAMETOOLONG;
    strcpy(part, path);
    for (char *at = part + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(part, 0700) && errno != EEXIST)
            return -errno;
        *at = '/';
    }
    return 0;
}

/* Makes base if it is missing. -ENOTDIR for a symbolic link or a file, -EPERM when it is somebody
   else's or others may write to it. */
static int make_base(const char *base)
{
    int result = make_parents(base);
    if (result < 0)
        return result;
    if (mkdir(base, 0700) && errno != EEXIST)
        return -errno;
    /* /tmp is everybody's: somebody may have put a link or a folder of his own here before us. */
    struct stat status;
    if (lstat(base, &status))
        return -errno;
    if (!S_ISDIR(status.st_mode))
        return -ENOTDIR;
    if (status.st_uid != geteuid() || status.st_mode & (S_IWGRP | S_IWOTH))
        return -EPERM;
    return 0;
}

/* The folder of a run that starts now; the shim names it alike. */
static int make_run(const char *base, char *ret_path, size_t size)
{
    char stamp[32], name[80];
    time_t now = time(NULL);
    struct tm utc;
    if (!gmtime_r(&now, &utc))
        return -EOVERFLOW;
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
    /* Pids repeat, in containers even within a second. */
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        snprintf(name, sizeof name, attempt ? "%s-%d-%u" : "%s-%d", stamp, (int)getpid(), attempt);
        int result = join(ret_path, size, base, name);
        if (result < 0)
            return result;
        if (!mkdir(ret_path, 0700))
            return 0;
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

static int make_own(struct run_place *place)
{
    char base[PATH_MAX - 64];
    int result = place_base(base, sizeof base);
    if (!result && (result = make_base(base)) == -EPERM) {
        say_error("%s belongs to somebody else or others may write to it: no place for recordings "
                  "(XDG_STATE_HOME or --recording can name another).",
                  base);
        return STATUS_UNWATCHABLE;
    }
    if (!result)
        result = make_run(base, place->path, sizeof place->path);
    if (!result) {
        place->own = place->made = true;
        return -1;
    }
    say_error("cannot make a folder for the recordings in %s: %s.", base, strerror(-result));
    return STATUS_UNWATCHABLE;
}

/* The absolute form of a path whose last part need not exist. */
static int absolute(const char *path, char *ret_path, size_t size)
{
    char here[PATH_MAX] = "";
    if (*path != '/' && !getcwd(here, sizeof here))
        return -errno;
    int length = snprintf(ret_path, size, "%s%s%s", here, *here ? "/" : "", path);
    if (length < 0 || (size_t)length >= size)
        return -ENAMETOOLONG;
    while (length > 1 && ret_path[length - 1] == '/')
        ret_path[--length] = '\0';
    return 0;
}

static int make_named(struct run_place *place, const char *recording)
{
    int result = absolute(recording, place->path, sizeof place->path - 32);
    bool file = !is_folder(recording) && ends_with(recording, RECORDING_SUFFIX);
    struct recording_header header;
    if (!result && file) {
        strcpy(place->file, place->path);
        if (!access(place->file, F_OK) && peek_header(place->file, &header) < 0) {
            say_error("%s is there already and is no recording: it stays as it is.", recording);
            return STATUS_USAGE;
        }
        /* Beside the file, so that moving it is a rename. */
        snprintf(place->path + strlen(place->path), 32, ".run-%d", (int)getpid());
    }
    if (!result && !(place->made = !mkdir(place->path, 0700)) && errno != EEXIST)
        result = -errno;
    if (!result && !is_folder(place->path))
        result = -ENOTDIR;
    if (!result && access(place->path, W_OK | X_OK))
        result = -errno;
    if (!result)
        return -1;
    say_error("--recording %s: %s.", recording, strerror(-result));
    return STATUS_UNWATCHABLE;
}

int run_place_make(struct run_place *ret, const char *recording)
{
    *ret = (struct run_place){0};
    return *recording ? make_named(ret, recording) : make_own(ret);
}

void run_place_prune(const struct run_place *place)
{
    char base[PATH_MAX];
    if (!place->own || place_base(base, sizeof base) < 0)
        return;
    prune_runs(base, strrchr(place->path, '/') + 1);
}

/* Moves the recording, or the folder where it has several, to what --recording named. */
static const char *move_to_file(struct run_place *place, size_t count, const char *recording)
{
    int result;
    if (count == 1)
        result = rename(recording, place->file);
    else
        result = unlink(place->file) && errno != ENOENT ? -1 : rename(place->path, place->file);
    if (result) {
        say_error("cannot move the recording to %s (%s): it stays in %s.", place->file,
                  strerror(errno), place->path);
        return place->path;
    }
    if (count == 1)
        rmdir(place->path);
    return place->file;
}

const char *run_place_finish(struct run_place *place)
{
    struct arena arena = {0};
    const char **paths, *result = NULL;
    size_t count = *place->path ? folder_recordings(&arena, place->path, &paths) : 0;
    if (count)
        result = *place->file ? move_to_file(place, count, paths[0]) : place->path;
    else if (place->made)
        rmdir(place->path);
    arena_finish(&arena);
    return result;
}
