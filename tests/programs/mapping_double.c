/* Unmapped twice, what was never mapped, and shared memory detached twice.
// expect: double-close severity=error count=1 handle=mapping function=second role=here
// expect: double-close count=1 function=first role=closed
// expect: double-close count=1 function=make role=opened
// expect: bad-close severity=error count=1 handle=mapping function=never role=here
// expect: double-close severity=error count=1 handle=shared-memory function=detach_again role=here
*/
#include <sys/mman.h>
#include <sys/shm.h>

#include "resource_lose.h"

#define SIZE (4 * 4096ul)

static char *at, *attached;

LOSE(make, at = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
     CHECK(at != MAP_FAILED))
LOSE(first, CHECK(munmap(at, SIZE) == 0))
LOSE(second, CHECK(munmap(at, SIZE) == 0); at = NULL)
LOSE(never, CHECK(munmap((void *)0x200000000000, SIZE) == 0))
LOSE(detach, CHECK(shmdt(attached) == 0))
LOSE(detach_again, CHECK(shmdt(attached) != 0); attached = NULL)

int main(void)
{
    make();
    first();
    second();
    never();
    int segment = shmget(IPC_PRIVATE, SIZE, 0600);
    attached = shmat(segment, NULL, 0);
    CHECK(attached != (void *)-1 && shmctl(segment, IPC_RMID, NULL) == 0);
    detach();
    detach_again();
    return 0;
}
