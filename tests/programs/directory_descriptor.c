/* closedir closes the descriptor under a directory: a close after it is the second.
// expect: double-close count=1 confidence=certain function=make role=opened
// expect: double-close count=1 function=first role=closed
// expect: double-close count=1 function=main role=here
*/
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "resource_lose.h"

static int fd;

LOSE(make, CHECK((fd = open("/", O_RDONLY | O_DIRECTORY)) >= 0))
LOSE(first, CHECK(closedir(fdopendir(fd)) == 0))

int main(void)
{
    make();
    first();
    close(fd);
    return 0;
}
