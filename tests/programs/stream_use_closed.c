/* Streams and directories that are used after they were closed: told with the call, and the program
// goes on as libc lets it.
// expect: use-after-close severity=error count=1 handle=stream function=feof_closed role=here
// expect: use-after-close count=1 handle=stream function=make role=opened
// expect: use-after-close count=1 handle=stream function=first role=closed
// expect: use-after-close severity=error count=1 handle=directory-stream function=dirfd_closed
// expect: use-after-close severity=error count=3 handle=stream text=/dev/zero function=loop_closed
*/
#include <dirent.h>

#include "resource_lose.h"

static FILE *stream;
static DIR *directory;
volatile int result;

LOSE(make, stream = fopen("/dev/null", "r"))
LOSE(first, CHECK(fclose(stream) == 0))
LOSE(feof_closed, result = feof(stream))
LOSE(dirfd_closed, result = dirfd(directory))
LOSE(loop_closed, stream = fopen("/dev/zero", "r"); fclose(stream);
     for (volatile int i = 0; i < 3; i++) result = ferror(stream))

int main(void)
{
    make();
    CHECK(getc(stream) == EOF && feof(stream)); /* open: nothing is wrong */
    first();
    feof_closed();
    directory = opendir("/");
    CHECK(directory && readdir(directory) && closedir(directory) == 0);
    dirfd_closed();
    loop_closed();
    stream = fopen("/dev/null", "w"); /* at the same address, and open */
    CHECK(fprintf(stream, "text %d\n", 1) == 7 && fputs("text\n", stream) >= 0);
    CHECK(fclose(stream) == 0);
    return 0;
}
