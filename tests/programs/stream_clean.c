/* Streams of all kinds, closed once; the addresses come again and again. Descriptors belong to
their
// streams, and what libc opens for its caller without our seeing it is closed like any other.
// expect: none
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d\n", __LINE__);                                                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static void memory_streams(void)
{
    char area[16] = "text";
    char *made = NULL;
    size_t size;
    FILE *stream = fmemopen(area, sizeof area, "r");
    CHECK(stream && fgetc(stream) == 't' && fclose(stream) == 0);
    stream = open_memstream(&made, &size);
    CHECK(stream && fputs("abc", stream) >= 0 && fclose(stream) == 0);
    CHECK(size == 3 && strcmp(made, "abc") == 0);
    free(made);
}

static void reopened(void)
{
    FILE *stream = fopen("/dev/null", "r");
    CHECK(stream && freopen("/dev/zero", "r", stream) == stream && fgetc(stream) == 0);
    CHECK(freopen("/nonexistent", "r", stream) == NULL);
    fclose(stream); /* the FILE is still ours after a reopen that failed */
    CHECK(freopen("/dev/null", "r", stdin) == stdin);
}

int main(void)
{
    for (int i = 0; i < 3; i++) {
        FILE *stream = fopen("/dev/null", "r");
        CHECK(stream && fclose(stream) == 0);
        stream = tmpfile();
        CHECK(stream && fclose(stream) == 0);
        stream = fdopen(open("/dev/null", O_RDONLY), "r");
        CHECK(stream && fclose(stream) == 0);
        stream = popen("echo out", "r");
        char line[8];
        CHECK(stream && fgets(line, sizeof line, stream) && strcmp(line, "out\n") == 0);
        CHECK(pclose(stream) == 0);
        memory_streams();
        FILE *mounts = setmntent("/dev/null", "r"); /* opened inside libc */
        CHECK(mounts && fclose(mounts) == 0);
        mounts = setmntent("/dev/null", "r");
        CHECK(mounts && endmntent(mounts) == 1);
    }
    reopened();
    return 0;
}
