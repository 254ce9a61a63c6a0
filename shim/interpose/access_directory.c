/* Directories: what uses one, and what closes it. readdir is in interpose/unsafe.c. */
#include <errno.h>

#include "detect/handle_use.h"
#include "detect/handler_misuse.h"
#include "detect/stream_race.h"
#include "detect/unsafe_call.h"
#include "interpose/access.h"
#include "interpose/directory.h"
#include "interpose/handles.h"
#include "interpose/resources.h"
#include "state/resource.h"
#include "state/stack.h"

void directory_use_slow(DIR *directory, const char *called, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    handler_unsafe_call(self, called, frame);
    if (unlikely(resource_may_be_closed(directory)))
        handle_use_released(self, HANDLE_KIND_DIRECTORY, (uintptr_t)directory, called, frame);
    if (access_watched() && directory)
        stream_race_use(self, USAGE_DIRECTORY, directory, called, frame);
    guard_leave(self);
}

/* over: fdopendir: the descriptor was there before. */
static DIR *opened(DIR *directory, const char *path, bool over, const void *frame)
{
    struct thread *self = directory ? guard_enter() : NULL;
    if (!self)
        return directory;
    if (access_watched()) {
        stream_race_opened(USAGE_DIRECTORY, directory);
        unsafe_call_object_new((uintptr_t)directory);
    }
    if (observing.handles) {
        int fd = real.dirfd(directory);
        struct handle_birth birth = {.kind = HANDLE_KIND_DIRECTORY,
                                     .flags = HANDLE_CLOEXEC,
                                     .stack = stack_here(self, frame),
                                     .name = path};
        resource_opened(self, (uintptr_t)directory, (uint64_t)fd + 1, &birth);
        handle_own_descriptor(self, fd, (uintptr_t)directory, over, HANDLE_KIND_FD_DIRECTORY,
                              &birth);
    }
    guard_leave(self);
    return directory;
}

DIR *wrap_opendir(const char *path)
{
    DIR *directory = real.opendir(path);
    if (access_watched())
        access_path(path, directory != NULL, FRAME);
    return STAYING(opened(directory, path, false, FRAME));
}

DIR *wrap_fdopendir(int fd)
{
    return STAYING(opened(real.fdopendir(fd), NULL, true, FRAME));
}

static void closing(DIR *directory, const void *frame)
{
    struct thread *self = directory ? access_enter() : NULL;
    if (self) {
        stream_race_close(self, USAGE_DIRECTORY, directory, "closedir", frame);
        guard_leave(self);
    }
    if (directory)
        resource_ends(HANDLE_KIND_DIRECTORY, (uintptr_t)directory, "closedir", frame);
}

int wrap_closedir(DIR *directory)
{
    closing(directory, FRAME);
    return real.closedir(directory);
}

void wrap_rewinddir(DIR *directory)
{
    directory_use(directory, "rewinddir", FRAME);
    real.rewinddir(directory);
}

void wrap_seekdir(DIR *directory, long position)
{
    directory_use(directory, "seekdir", FRAME);
    real.seekdir(directory, position);
}

long wrap_telldir(DIR *directory)
{
    directory_use(directory, "telldir", FRAME);
    return real.telldir(directory);
}

int wrap_dirfd(DIR *directory)
{
    directory_use(directory, "dirfd", FRAME);
    return real.dirfd(directory);
}

/* Into an entry of the caller's: of its name what there is. */
static __attribute__((noinline)) void filled(const void *entry, size_t size,
                                             const void *const *ret_entry, const void *frame)
{
    access_write(ret_entry, sizeof *ret_entry, frame);
    access_write(entry, *ret_entry ? size : 0, frame);
}

int wrap_readdir_r(DIR *directory, struct dirent *entry, struct dirent **ret_entry)
{
    directory_use(directory, "readdir_r", FRAME);
    int result = real.readdir_r(directory, entry, ret_entry);
    if (access_watched() && result == 0)
        filled(entry, entry->d_reclen, (const void *const *)ret_entry, FRAME);
    return result;
}

int wrap_readdir64_r(DIR *directory, struct dirent64 *entry, struct dirent64 **ret_entry)
{
    directory_use(directory, "readdir64_r", FRAME);
    int result = real.readdir64_r(directory, entry, ret_entry);
    if (access_watched() && result == 0)
        filled(entry, entry->d_reclen, (const void *const *)ret_entry, FRAME);
    return result;
}
