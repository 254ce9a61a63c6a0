/* Recordings of a run that lie in other users' folders: ours come home, and nothing else moves,
   whatever others have put there. */
#include "folder.h"
#include "run_strays.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OUR_RUN 0x8000000000000123u

static char top[64], home[128], base[128];

static void print(char *to, size_t size, const char *folder, const char *name)
{
    cr_assert_lt(snprintf(to, size, "%s/%s", folder, name), (int)size);
}

static void make_folder(char *ret, size_t size, const char *folder, const char *name)
{
    print(ret, size, folder, name);
    cr_assert_eq(mkdir(ret, 0700), 0);
}

static void setup(void)
{
    char name[64];
    strcpy(top, "/tmp/holdfast-strays-XXXXXX");
    cr_assert(mkdtemp(top));
    make_folder(home, sizeof home, top, "home");
    snprintf(name, sizeof name, "holdfast-%u", (unsigned)geteuid());
    make_folder(base, sizeof base, top, name);
}

static void finish(void)
{
    char command[160];
    snprintf(command, sizeof command, "rm -rf %s", top);
    cr_assert_eq(system(command), 0);
}

/* A file with a header, a hole, and a word after it. */
static void record(const char *folder, const char *name, uint64_t run_id)
{
    char path[256];
    struct recording_header header = {.magic = RECORDING_MAGIC, .run_id = run_id};
    print(path, sizeof path, folder, name);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(pwrite(fd, &header, sizeof header, 0), (ssize_t)sizeof header);
    cr_assert_eq(pwrite(fd, "end", 3, 10 << 20), 3);
    close(fd);
}

static bool has(const char *folder, const char *name)
{
    char path[256];
    struct stat status;
    print(path, sizeof path, folder, name);
    return lstat(path, &status) == 0;
}

static size_t count(const char *folder)
{
    struct arena arena = {0};
    const char **paths;
    size_t result = folder_recordings(&arena, folder, &paths);
    arena_finish(&arena);
    return result;
}

static void gather(void)
{
    run_strays_gather_below(top, home, OUR_RUN, time(NULL));
}

Test(strays, ours_come_home_under_free_names, .init = setup, .fini = finish)
{
    char run[200], other[200];
    make_folder(run, sizeof run, base, "20260101-000000-7");
    make_folder(other, sizeof other, base, "20260101-000000-8");
    record(run, "a.7.holdfast", OUR_RUN);
    record(run, "b.8.holdfast", OUR_RUN);
    record(other, "a.7.holdfast", OUR_RUN);
    record(home, "a.7.holdfast", OUR_RUN);
    gather();
    cr_expect_eq(count(home), 4);
    cr_expect(has(home, "a.7-1.holdfast") && has(home, "a.7-2.holdfast") &&
              has(home, "b.8.holdfast"));
    cr_expect(!has(base, "20260101-000000-7") && !has(base, "20260101-000000-8"));
}

Test(strays, other_runs_and_other_files_stay, .init = setup, .fini = finish)
{
    char run[200];
    make_folder(run, sizeof run, base, "20260101-000000-7");
    record(run, "a.7.holdfast", OUR_RUN + 1);
    record(run, "notes.txt", OUR_RUN);
    gather();
    cr_expect_eq(count(home), 0);
    cr_expect(has(run, "a.7.holdfast") && has(run, "notes.txt"));
}

/* Another run has made its folder, and records nothing yet. */
Test(strays, empty_folders_stay, .init = setup, .fini = finish)
{
    char run[200];
    make_folder(run, sizeof run, base, "20260101-000000-7");
    gather();
    cr_expect(has(base, "20260101-000000-7"));
}

Test(strays, runs_that_ended_before_are_not_looked_at, .init = setup, .fini = finish)
{
    char run[200];
    struct timespec old[2] = {{.tv_sec = time(NULL) - 60}, {.tv_sec = time(NULL) - 60}};
    make_folder(run, sizeof run, base, "20260101-000000-7");
    record(run, "a.7.holdfast", OUR_RUN);
    cr_assert_eq(utimensat(AT_FDCWD, run, old, 0), 0);
    gather();
    cr_expect(has(run, "a.7.holdfast"));
}

Test(strays, no_link_is_followed, .init = setup, .fini = finish)
{
    char run[200], away[200], from[256], to[256];
    make_folder(run, sizeof run, base, "20260101-000000-7");
    make_folder(away, sizeof away, top, "away");
    record(away, "a.7.holdfast", OUR_RUN);
    /* A link to a file, a second name of one, a pipe, a folder by the name of a recording. */
    print(from, sizeof from, away, "a.7.holdfast");
    print(to, sizeof to, run, "link.7.holdfast");
    cr_assert_eq(symlink(from, to), 0);
    print(to, sizeof to, run, "second.7.holdfast");
    cr_assert_eq(link(from, to), 0);
    print(to, sizeof to, run, "pipe.7.holdfast");
    cr_assert_eq(mkfifo(to, 0600), 0);
    print(to, sizeof to, run, "folder.7.holdfast");
    cr_assert_eq(mkdir(to, 0700), 0);
    /* A link to a folder with a recording of ours. */
    print(to, sizeof to, base, "20260101-000000-8");
    cr_assert_eq(symlink(away, to), 0);
    gather();
    cr_expect_eq(count(home), 0);
    cr_expect(has(away, "a.7.holdfast") && has(run, "link.7.holdfast"));
    cr_expect(has(run, "second.7.holdfast") && has(base, "20260101-000000-8"));
}

Test(strays, base_folders_of_others_are_left_alone, .init = setup, .fini = finish)
{
    char other[200], run[200], name[64];
    /* The name says another user than whom it belongs to. */
    snprintf(name, sizeof name, "holdfast-%u", (unsigned)geteuid() + 1);
    make_folder(other, sizeof other, top, name);
    make_folder(run, sizeof run, other, "20260101-000000-7");
    record(run, "a.7.holdfast", OUR_RUN);
    /* No number; a link. */
    make_folder(other, sizeof other, top, "holdfast-12x");
    make_folder(run, sizeof run, other, "20260101-000000-7");
    record(run, "a.7.holdfast", OUR_RUN);
    cr_assert_eq(rmdir(base), 0);
    cr_assert_eq(symlink(other, base), 0);
    gather();
    cr_expect_eq(count(home), 0);
    /* Everybody may write to it. */
    cr_assert_eq(unlink(base), 0);
    cr_assert_eq(mkdir(base, 0700), 0);
    make_folder(run, sizeof run, base, "20260101-000000-7");
    record(run, "a.7.holdfast", OUR_RUN);
    cr_assert_eq(chmod(run, 0777), 0);
    gather();
    cr_expect_eq(count(home), 0);
    cr_assert_eq(chmod(run, 0755), 0);
    gather();
    cr_expect_eq(count(home), 1);
}

/* /dev/shm is another file system than /tmp where this is to be seen; else it is a rename. */
Test(strays, across_file_systems_by_copy, .init = setup, .fini = finish)
{
    char run[200], far[] = "/dev/shm/holdfast-strays-XXXXXX", path[256], word[4] = "";
    struct stat status, here, there;
    cr_assert(mkdtemp(far));
    if (stat(far, &there) || stat(top, &here) || here.st_dev == there.st_dev)
        cr_log_warn("one file system only: the copy is not tried");
    make_folder(run, sizeof run, base, "20260101-000000-7");
    record(run, "a.7.holdfast", OUR_RUN);
    run_strays_gather_below(top, far, OUR_RUN, time(NULL));
    cr_expect(!has(base, "20260101-000000-7"));
    print(path, sizeof path, far, "a.7.holdfast");
    int fd = open(path, O_RDONLY);
    cr_assert_geq(fd, 0);
    cr_expect_eq(fstat(fd, &status), 0);
    cr_expect_eq(status.st_size, (10 << 20) + 3);
    cr_expect_lt(status.st_blocks * 512, 1 << 20, "holes stay holes");
    cr_expect_eq(pread(fd, word, 3, 10 << 20), 3);
    cr_expect_str_eq(word, "end");
    close(fd);
    unlink(path);
    rmdir(far);
}
