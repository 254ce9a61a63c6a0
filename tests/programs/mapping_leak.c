/* Mappings that are lost, in a loop and alone; what is left of one that was unmapped in part; one
// that moved; one where the loader has had its cache, and still knows the place; attached shared
// memory.
// expect: handle-leak severity=warning count=100 handle=mapping bytes=819200 function=in_loop
// expect: handle-leak severity=warning count=1 handle=mapping bytes=8192 function=in_part
// expect: handle-leak severity=warning count=1 handle=mapping bytes=65536 function=moved
// expect: handle-leak severity=warning count=1 handle=mapping function=in_place_of_cache
role=opened
// expect: handle-leak severity=warning count=1 handle=mapping function=of_file role=opened
// expect: handle-leak severity=warning count=1 handle=shared-memory bytes=8192 function=attached
*/
#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resource_lose.h"

#define PAGE 4096ul

static char *map(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

LOSE(in_loop, char *at = map(2 * PAGE); CHECK(at != MAP_FAILED); memset(at, 1, 2 * PAGE))
LOSE(in_part, char *at = map(8 * PAGE); CHECK(at != MAP_FAILED);
     CHECK(munmap(at, PAGE) == 0 && munmap(at + 2 * PAGE, 5 * PAGE) == 0))
LOSE(moved, char *at = map(PAGE); CHECK(at != MAP_FAILED);
     CHECK(mremap(at, PAGE, 16 * PAGE, MREMAP_MAYMOVE) != MAP_FAILED))
LOSE(in_place_of_cache, struct stat cache; CHECK(!dlopen("libnowhere.so.9", RTLD_NOW));
     CHECK(stat("/etc/ld.so.cache", &cache) == 0); CHECK(map((size_t)cache.st_size) != MAP_FAILED))
LOSE(of_file, int fd = open("/proc/self/exe", O_RDONLY);
     CHECK(mmap(NULL, 64 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED); close(fd))
LOSE(attached, int segment = shmget(IPC_PRIVATE, 2 * PAGE, 0600); CHECK(segment >= 0);
     CHECK(shmat(segment, NULL, 0) != (void *)-1); CHECK(shmctl(segment, IPC_RMID, NULL) == 0))

int main(void)
{
    for (volatile int i = 0; i < 100; i++)
        in_loop();
    in_part();
    moved();
    in_place_of_cache();
    of_file();
    attached();
    forget();
    return 0;
}
