/* Directories: what uses one, and what closes it. readdir is in interpose/unsafe.c. */
#include <errno.h>

#include "detect/handler_misuse.h"
#include "detect/stream_race.h"
#include "detect/unsafe_call.h"
#include "interpose/access.h"
#include "interpose/directory.h"

void directory_use_slow(DIR *directory, const char *called, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    handler_unsafe_call(self, called, frame);
    if (access_watched() && directory)
        stream_race_use(self, USAGE_DIRECTORY, directory, called, frame);
    guard_leave(self);
}

static DIR *opened(DIR *directory)
{
    struct thread *self = directory ? access_enter() : NULL;
    if (self) {
        stream_race_opened(USAGE_DIRECTORY, directory);
        unsafe_call_object_new((uintptr_t)directory);
        guard_leave(self);
    }
    return directory;
}

DIR *wrap_opendir(const char *path)
{
    return opened(real.opendir(path));
}

DIR *wrap_fdopendir(int fd)
{
    return opened(real.fdopendir(fd));
}

static void closing(DIR *directory, const void *frame)
{
    struct thread *self = directory ? access_enter() : NULL;
    if (self) {
        stream_race_close(self, USAGE_DIRECTORY, directory, "closedir", frame);
        guard_leave(self);
    }
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
