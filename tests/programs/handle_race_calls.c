/* Every call that takes a descriptor uses it: the first thread's calls, unordered with a close by
the second one.
// build: -w
// expect: handle-race role=earlier function=places_first
// expect: handle-race role=here top=places_second
// expect: handle-race role=earlier function=asks_first
// expect: handle-race role=here top=asks_second
// expect: handle-race role=earlier function=below_first
// expect: handle-race role=here top=below_second
// expect: handle-race role=earlier function=maps_first
// expect: handle-race role=here top=maps_second
// expect: handle-race role=earlier function=controls_first
// expect: handle-race role=here top=controls_second
// expect: handle-race role=earlier function=copies_first
// expect: handle-race role=here top=copies_second
// expect: handle-race role=earlier function=copies_over_first
// expect: handle-race role=here top=copies_over_second
// expect: handle-race role=earlier function=option_first
// expect: handle-race role=here top=option_second
// expect: handle-race role=earlier function=set_first
// expect: handle-race role=here top=set_second
// expect: handle-race role=earlier function=name_first
// expect: handle-race role=here top=name_second
// expect: handle-race role=earlier function=flushes_first
// expect: handle-race role=here top=flushes_second
// expect: handle-race role=earlier function=cuts_first
// expect: handle-race role=here top=cuts_second
// expect: handle-race role=earlier function=locks_first
// expect: handle-race role=here top=locks_second
// expect: handle-race role=earlier function=sends_first
// expect: handle-race role=here top=sends_second
*/
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pairs.h"

void *kept; /* mapped until the program ends */
static int fd[16], null;
static struct stat of;
static int value;
static socklen_t size = sizeof value, name_size = 64;
static char name[64], folder_path[] = "/etc/passwd";

PAIR(places, lseek(fd[0], 0, SEEK_SET), close(fd[0]))
PAIR(asks, fstat(fd[1], &of), close(fd[1]))
PAIR(below, faccessat(fd[2], "null", R_OK, 0), close(fd[2]))
PAIR(maps, kept = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd[3], 0), close(fd[3]))
PAIR(controls, ioctl(fd[4], FIONREAD, &value), close(fd[4]))
PAIR(copies, close(dup(fd[5])), close(fd[5]))
PAIR(copies_over, dup2(fd[6], null), close(fd[6]))
PAIR(option, getsockopt(fd[7], SOL_SOCKET, SO_ERROR, &value, &size), close(fd[7]))
PAIR(set, setsockopt(fd[8], SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value), close(fd[8]))
PAIR(name, getsockname(fd[9], (void *)name, &name_size), close(fd[9]))
PAIR(flushes, fsync(fd[10]), close(fd[10]))
PAIR(cuts, ftruncate(fd[11], 0), close(fd[11]))
PAIR(locks, flock(fd[12], LOCK_SH), close(fd[12]))
PAIR(sends, sendfile(null, fd[13], NULL, 1), close(fd[13]))

int main(void)
{
    null = open("/dev/null", O_RDWR);
    for (int i = 0; i < 14; i++)
        fd[i] = i == 2             ? open("/dev", O_RDONLY | O_DIRECTORY)
                : i >= 7 && i <= 9 ? socket(AF_UNIX, SOCK_STREAM, 0)
                                   : open(folder_path, O_RDONLY);
    RUN_PAIRS(&places_pair, &asks_pair, &below_pair, &maps_pair, &controls_pair, &copies_pair,
              &copies_over_pair, &option_pair, &set_pair, &name_pair, &flushes_pair, &cuts_pair,
              &locks_pair, &sends_pair);
    close(null);
    return 0;
}
