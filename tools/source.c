#include "source.h"
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOURCE_SIZE_MAX (16u << 20)

struct source_file {
    char *text; /* NULL: not at hand */
    size_t size;
    uint64_t mtime;
};

static void read_all(struct arena *arena, struct source_file *file, int fd, size_t size)
{
    char *text = arena_take(arena, size + 1);
    size_t done = 0;
    for (ssize_t got; done < size && (got = read(fd, text + done, size - done)) > 0;)
        done += (size_t)got;
    file->text = text;
    file->size = done;
}

static struct source_file *load(struct sources *sources, const char *path)
{
    struct source_file *file = arena_take(&sources->arena, sizeof *file);
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return file;
    if (!fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_size <= SOURCE_SIZE_MAX) {
        file->mtime =
            (uint64_t)status.st_mtim.tv_sec * 1000000000 + (uint64_t)status.st_mtim.tv_nsec;
        read_all(&sources->arena, file, fd, (size_t)status.st_size);
    }
    close(fd);
    return file;
}

const char *source_text(struct sources *sources, const char *path, unsigned line,
                        uint64_t not_after)
{
    if (!path || path[0] != '/' || !line)
        return NULL;
    uint64_t key = hash_text(HASH_START, path);
    struct source_file *file = map_get(&sources->files, key);
    if (!file) {
        file = load(sources, path);
        map_put(&sources->files, key, file);
    }
    if (!file->text || (not_after && file->mtime > not_after))
        return NULL;
    const char *at = file->text, *end = file->text + file->size;
    for (unsigned i = 1; i < line; i++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at++)
            return NULL;
    }
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    stop = stop ? stop : end;
    while (at < stop && isspace((unsigned char)*at))
        at++;
    while (stop > at && isspace((unsigned char)stop[-1]))
        stop--;
    if (at == stop)
        return NULL;
    char *copy = arena_text(&sources->arena, at, (size_t)(stop - at));
    for (char *c = copy; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = ' ';
    return copy;
}

void sources_finish(struct sources *sources)
{
    map_finish(&sources->files);
    arena_finish(&sources->arena);
}
