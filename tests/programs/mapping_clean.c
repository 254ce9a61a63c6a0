/* Mappings that are given back: as a whole, piece by piece, several by one call, after they moved,
// after something was mapped over them; and those that are still held, or only keep addresses free.
// expect: none
*/
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "resource_lose.h"

#define PAGE 4096ul

void *kept, *kept_inside;

static char *map_at(char *at, size_t size, int flags)
{
    char *made = mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    CHECK(made != MAP_FAILED && (!at || made == at));
    return made;
}

static void pieces(void)
{
    char *at = map_at(NULL, 8 * PAGE, 0);
    for (int i = 0; i < 8; i += 2)
        CHECK(munmap(at + i * PAGE, PAGE) == 0);
    for (int i = 1; i < 8; i += 2)
        CHECK(munmap(at + i * PAGE, 100) == 0); /* to the end of its page */
    at = map_at(NULL, 8 * PAGE, 0);
    CHECK(munmap(at, 4 * PAGE) == 0);
    map_at(at, 4 * PAGE, MAP_FIXED_NOREPLACE); /* beside what is left */
    CHECK(munmap(at, 8 * PAGE) == 0);          /* both, by one call */
}

static void over(void)
{
    char *at = mmap(NULL, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    map_at(at + PAGE, 2 * PAGE, MAP_FIXED); /* a part of the reservation */
    map_at(at + 9 * PAGE, PAGE, MAP_FIXED);
    CHECK(munmap(at, 64 * PAGE) == 0);
    at = map_at(NULL, 4 * PAGE, 0);
    map_at(at, 4 * PAGE, MAP_FIXED); /* in its place */
    CHECK(munmap(at, 4 * PAGE) == 0);
}

static void moves(void)
{
    char *at = map_at(NULL, PAGE, 0);
    for (size_t size = 2; size < 64; size *= 2) {
        at = mremap(at, size / 2 * PAGE, size * PAGE, MREMAP_MAYMOVE);
        CHECK(at != MAP_FAILED);
    }
    CHECK(mremap(at, 32 * PAGE, PAGE, 0) == at);
    CHECK(mremap(at, PAGE, SIZE_MAX / 2, 0) == MAP_FAILED);
    CHECK(munmap(at, PAGE) == 0);
}

static void shared(void)
{
    int segment = shmget(IPC_PRIVATE, 2 * PAGE, 0600);
    void *at = shmat(segment, NULL, 0);
    CHECK(at != (void *)-1 && shmctl(segment, IPC_RMID, NULL) == 0 && shmdt(at) == 0);
}

int main(void)
{
    for (volatile int i = 0; i < 40; i++) {
        pieces();
        over();
        moves();
        shared();
    }
    kept = map_at(NULL, PAGE, 0);
    kept_inside = map_at(NULL, 8 * PAGE, 0) + 5 * PAGE + 8;
    CHECK(mmap(NULL, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    forget();
    return 0;
}
