/* The folder of images does not grow without end. */
#include "rewrite/tidy.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char folder[64];

static void put(const char *name, off_t size, long age)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    cr_assert_eq(ftruncate(fd, size), 0);
    struct timespec times[2] = {{.tv_sec = time(NULL) - age}, {.tv_sec = time(NULL) - age}};
    futimens(fd, times);
    close(fd);
}

static bool has(const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

Test(tidy, oldest_go_first_and_only_images)
{
    char path[160], command[160];
    snprintf(folder, sizeof folder, "/tmp/holdfast-test-XXXXXX");
    cr_assert(mkdtemp(folder));
    put("oldest.image", 1000, 5000);
    put("older.image", 1000, 4000);
    put("old.image", 1000, 3000);
    put("new.image", 1000, 0);
    put("notes.txt", 100000, 9000);
    snprintf(path, sizeof path, "%s/new.image", folder);
    tidy_folder(path, 4000);
    cr_expect(has("oldest.image"));
    tidy_folder(path, 2500);
    cr_expect(!has("oldest.image") && !has("older.image") && has("old.image"));
    tidy_folder(path, 10); /* what was made just now stays */
    cr_expect(!has("old.image") && has("new.image") && has("notes.txt"));
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}
