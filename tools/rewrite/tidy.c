#include "tidy.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct kept {
    char name[256];
    time_t time;
    uint64_t size;
};

static bool is_image(const char *name)
{
    size_t length = strlen(name);
    return length > 6 && length < sizeof((struct kept *)0)->name &&
           strcmp(name + length - 6, ".image") == 0;
}

static int by_age(const void *a, const void *b)
{
    const struct kept *left = a, *right = b;
    return (left->time > right->time) - (left->time < right->time);
}

/* All images of the folder; *ret_total: their bytes. The caller frees. */
static struct kept *list_images(DIR *folder, size_t *ret_count, uint64_t *ret_total)
{
    struct kept *all = NULL;
    size_t room = 0;
    struct stat status;
    *ret_count = 0;
    *ret_total = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!is_image(entry->d_name) ||
            fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) ||
            !S_ISREG(status.st_mode))
            continue;
        if (*ret_count == room) {
            size_t more = room ? room * 2 : 64;
            struct kept *larger = realloc(all, more * sizeof *all);
            if (!larger)
                break;
            all = larger;
            room = more;
        }
        struct kept *next = &all[(*ret_count)++];
        strcpy(next->name, entry->d_name);
        next->time = status.st_mtime;
        next->size = (uint64_t)status.st_size;
        *ret_total += next->size;
    }
    return all;
}

void tidy_folder(const char *image, uint64_t most)
{
    const char *slash = strrchr(image, '/');
    char *path = slash ? strndup(image, (size_t)(slash - image) + 1) : strdup(".");
    DIR *folder = path ? opendir(path) : NULL;
    free(path);
    if (!folder)
        return;
    size_t count;
    uint64_t total;
    struct kept *all = list_images(folder, &count, &total);
    time_t now = time(NULL);
    if (all)
        qsort(all, count, sizeof *all, by_age);
    for (size_t i = 0; i < count && total > most && now - all[i].time > TIDY_KEEP; i++)
        if (unlinkat(dirfd(folder), all[i].name, 0) == 0)
            total -= all[i].size;
    free(all);
    closedir(folder);
}
