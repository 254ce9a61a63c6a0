/* The release that most ways through a function reach, and one skips: by an exception, by an early
// return. The report shows where the others were released.
// expect: handle-leak severity=warning count=1 handle=stream text=exception function=throws
// expect: handle-leak severity=warning count=1 handle=stream function=throws_releases role=released
// expect: handle-leak severity=warning count=2 handle=directory-stream function=returns role=opened
// expect: handle-leak count=2 handle=directory-stream function=returns_releases role=released
// expect: fd-leak severity=warning count=1 function=opens role=opened
// expect: fd-leak count=1 function=opens_releases role=released
*/
#include <dirent.h>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

#include "resource_lose.h"

__attribute__((noinline)) static void throws_releases(FILE *stream)
{
    fclose(stream);
    __asm__ volatile("");
}

__attribute__((noinline)) static void throws(int i)
{
    FILE *stream = fopen("/dev/null", "r");
    if (i == 3)
        throw std::runtime_error("half way");
    throws_releases(stream);
}

__attribute__((noinline)) static void returns_releases(DIR *directory)
{
    closedir(directory);
    __asm__ volatile("");
}

__attribute__((noinline)) static bool returns(int i)
{
    DIR *directory = opendir("/");
    if (i % 3 == 1)
        return false;
    returns_releases(directory);
    return true;
}

__attribute__((noinline)) static void opens_releases(int fd)
{
    close(fd);
    __asm__ volatile("");
}

__attribute__((noinline)) static void opens(int i)
{
    int fd = open("/dev/null", O_RDONLY);
    if (i != 2)
        opens_releases(fd);
}

int main()
{
    int failed = 0;
    for (volatile int i = 0; i < 6; i = i + 1) {
        try {
            throws(i);
        } catch (const std::exception &) {
            failed++;
        }
        failed += !returns(i);
        opens(i);
    }
    CHECK(failed == 3);
    forget();
    return 0;
}
