#include "run_strays.h"
#include "flags.h"
#include "peek.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file system may stamp a little behind the clock that `since` was read from. */
#define SLACK 2

static const char base_prefix[] = "holdfast-";

struct gathering {
    int home; /* the run's folder */
    const char *folder;
    uint64_t run_id;
    time_t since;
};

/* Where we are: /tmp/holdfast-UID, one of its folders, one file there. */
struct stray {
    const struct gathering *gathering;
    const char *top, *base, *run, *name;
    uid_t user;
    int at;     /* the folder */
    int file;   /* the file, open */
    bool moved; /* something from this folder */
    struct stat status;
};

static void stays(const struct stray *stray, const char *why)
{
    say_error("a process of user %u left its recording elsewhere (%s): %s/%s/%s/%s.",
              (unsigned)stray->user, why, stray->top, stray->base, stray->run, stray->name);
}

static bool ends_with_suffix(const char *name)
{
    size_t length = strlen(name), suffix = strlen(RECORDING_SUFFIX);
    return *name != '.' && length > suffix && !strcmp(name + length - suffix, RECORDING_SUFFIX);
}

/* A folder of this user that nobody else may write to; -1 when it is anything else. */
static int open_folder(int at, const char *name, uid_t user, struct stat *ret_status)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && !fstat(fd, ret_status) && ret_status->st_uid == user &&
        !(ret_status->st_mode & (S_IWGRP | S_IWOTH)))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* A name that is free in the run's folder: pids repeat among users in containers. */
static bool free_name(const struct stray *stray, char *ret_name, size_t size)
{
    struct stat there;
    size_t stem = strlen(stray->name) - strlen(RECORDING_SUFFIX);
    for (unsigned attempt = 0; attempt < 1000; attempt++) {
        int length = attempt ? snprintf(ret_name, size, "%.*s-%u" RECORDING_SUFFIX, (int)stem,
                                        stray->name, attempt)
                             : snprintf(ret_name, size, "%s", stray->name);
        if (length < 0 || (size_t)length >= size)
            return false;
        if (fstatat(stray->gathering->home, ret_name, &there, AT_SYMLINK_NOFOLLOW))
            return errno == ENOENT;
    }
    return false;
}

/* ---- by copy: the data and the holes between */

static bool copy_piece(int from, int to, off_t at, off_t end)
{
    char buffer[65536];
    while (at < end) {
        size_t most = end - at < (off_t)sizeof buffer ? (size_t)(end - at) : sizeof buffer;
        ssize_t got = pread(from, buffer, most, at);
        if (got <= 0 || pwrite(to, buffer, (size_t)got, at) != got)
            return false;
        at += got;
    }
    return true;
}

static bool copy_data(int from, int to, off_t size)
{
    for (off_t at = 0; at < size;) {
        off_t data = lseek(from, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break;
        off_t end = data < 0 ? size : lseek(from, data, SEEK_HOLE);
        if (data < 0)
            data = at; /* a file system that knows no holes */
        if (end < 0 || end > size)
            end = size;
        if (!copy_piece(from, to, data, end))
            return false;
        at = end;
    }
    return !ftruncate(to, size) && !fsync(to);
}

static bool move_by_copy(const struct stray *stray, const char *name)
{
    int home = stray->gathering->home;
    int to = openat(home, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        return false;
    bool copied = copy_data(stray->file, to, stray->status.st_size);
    int error = errno;
    if (close(to))
        copied = false;
    if (!copied)
        unlinkat(home, name, 0);
    else
        unlinkat(stray->at, stray->name, 0);
    errno = error;
    return copied;
}

/* ---- by rename */

/* What the name stood for may have been exchanged since it was opened: then it goes back. */
static bool move_by_rename(const struct stray *stray, const char *name)
{
    int home = stray->gathering->home;
    struct stat now;
    if (renameat(stray->at, stray->name, home, name))
        return false;
    if (!fstatat(home, name, &now, AT_SYMLINK_NOFOLLOW) && is_same(&now, &stray->status))
        return true;
    if (renameat(home, name, stray->at, stray->name))
        unlinkat(home, name, 0);
    errno = EAGAIN;
    return false;
}

static void move(struct stray *stray, bool is_live)
{
    char name[NAME_MAX + 1];
    if (!free_name(stray, name, sizeof name)) {
        stays(stray, "no name is free");
        return;
    }
    if (move_by_rename(stray, name) || (errno == EXDEV && !is_live && move_by_copy(stray, name)))
        stray->moved = true;
    else
        stays(stray, errno == EXDEV ? "the process goes on" : strerror(errno));
}

static bool read_header(int fd, struct recording_header *ret_header)
{
    return pread(fd, ret_header, sizeof *ret_header, 0) == (ssize_t)sizeof *ret_header &&
           !memcmp(ret_header->magic, RECORDING_MAGIC, 8);
}

static void look_at_file(struct stray *stray, const char *name)
{
    struct recording_header header;
    stray->name = name;
    stray->file = openat(stray->at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (stray->file < 0)
        return;
    if (!fstat(stray->file, &stray->status) && S_ISREG(stray->status.st_mode) &&
        stray->status.st_uid == stray->user && stray->status.st_nlink == 1 &&
        read_header(stray->file, &header) && header.run_id == stray->gathering->run_id)
        move(stray, peek_is_live(&header));
    close(stray->file);
}

/* The entries of a folder, a copy of which is read so that `at` stays usable. */
static DIR *read_folder(int at)
{
    int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (fd >= 0 && !folder)
        close(fd);
    return folder;
}

static void look_at_run(struct stray *stray, int base)
{
    struct stat status, own;
    stray->at = open_folder(base, stray->run, stray->user, &status);
    if (stray->at < 0)
        return;
    bool recent = status.st_mtim.tv_sec + SLACK >= stray->gathering->since;
    bool is_home = !fstat(stray->gathering->home, &own) && is_same(&own, &status);
    DIR *folder = recent && !is_home ? read_folder(stray->at) : NULL;
    stray->moved = false;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (ends_with_suffix(entry->d_name))
            look_at_file(stray, entry->d_name);
    if (folder)
        closedir(folder);
    /* An empty one may be that of another run, which has only just begun. */
    if (stray->moved)
        unlinkat(base, stray->run, AT_REMOVEDIR);
    close(stray->at);
}

static void look_at_base(struct stray *stray, int top)
{
    struct stat status;
    char *end;
    const char *digits = stray->base + sizeof base_prefix - 1;
    unsigned long user = strtoul(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end || user > UINT_MAX - 1)
        return;
    stray->user = (uid_t)user;
    int base = open_folder(top, stray->base, stray->user, &status);
    DIR *folder = base < 0 ? NULL : read_folder(base);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        stray->run = entry->d_name;
        if (entry->d_name[0] != '.')
            look_at_run(stray, base);
    }
    if (folder)
        closedir(folder);
    if (base >= 0)
        close(base);
}

void run_strays_gather_below(const char *top, const char *folder, uint64_t run_id, time_t since)
{
    struct gathering gathering = {.folder = folder, .run_id = run_id, .since = since};
    struct stray stray = {.gathering = &gathering, .top = top};
    gathering.home = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (gathering.home < 0)
        return;
    int at = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *bases = at < 0 ? NULL : read_folder(at);
    for (struct dirent *entry; bases && (entry = readdir(bases));) {
        stray.base = entry->d_name;
        if (!strncmp(entry->d_name, base_prefix, sizeof base_prefix - 1))
            look_at_base(&stray, at);
    }
    if (bases)
        closedir(bases);
    if (at >= 0)
        close(at);
    close(gathering.home);
}

void run_strays_gather(const char *folder, uint64_t run_id, time_t since)
{
    if (geteuid() == 0)
        run_strays_gather_below("/tmp", folder, run_id, since);
}
