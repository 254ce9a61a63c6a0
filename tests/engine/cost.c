/* What one access costs the race engine, in ns: usage: cost. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "state/block.h"
#include "state/record_set.h"
#include "state/shadow.h"
#include "world.h"

#define AT     0x7f0002000000ul
#define BYTES  (1ul << 20)
#define ROUNDS 20

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Each thread in turn passes over all words once; the epoch is new each time. */
static double pass(unsigned thread, unsigned how, size_t size)
{
    double start = now();
    for (uintptr_t at = AT; at < AT + BYTES; at += size)
        world_access(thread, at, size, how, 7);
    return (now() - start) / (double)(BYTES / size);
}

/* What the first thread did is ordered before what the second will do. */
static void hand_over(unsigned from, unsigned to)
{
    struct sync_clock lock = {0};
    vclock_release(&world_thread[from].clock, &lock);
    vclock_acquire(&world_thread[to].clock, &lock);
}

static void tell(const char *what, double ns)
{
    printf("%-50s %7.1f ns\n", what, ns);
}

int main(void)
{
    world_begin();
    for (unsigned t = 2; t < 6; t++)
        world_create(1, t);
    struct thread *self = &world_thread[2];
    tell("first touch, 8 bytes, shadow pages new", pass(2, ACCESS_WRITE, 8));
    tell("same epoch, through race_access", pass(2, ACCESS_WRITE, 8));
    double start = now();
    uint64_t seen = 0;
    for (int i = 0; i < ROUNDS; i++)
        for (uintptr_t at = AT; at < AT + BYTES; at += 8) {
            seen += shadow_covers(self->clock.now, at, 8, true);
            __asm__ volatile("" ::: "memory");
        }
    tell("same epoch, fast path", (now() - start) / (double)(BYTES / 8 * ROUNDS));
    if (seen != BYTES / 8 * ROUNDS)
        return 1;
    vclock_advance(&self->clock);
    tell("new epoch, own write over own write", pass(2, ACCESS_WRITE, 8));
    vclock_advance(&self->clock);
    tell("new epoch, read beside own write (two cells)", pass(2, ACCESS_READ, 8));
    struct sync_clock lock = {0};
    vclock_release(&self->clock, &lock);
    vclock_acquire(&world_thread[3].clock, &lock);
    vclock_acquire(&world_thread[4].clock, &lock);
    vclock_acquire(&world_thread[5].clock, &lock);
    tell("ordered write over another's two cells", pass(3, ACCESS_WRITE, 8));
    vclock_release(&world_thread[3].clock, &lock);
    vclock_acquire(&world_thread[4].clock, &lock);
    vclock_acquire(&world_thread[5].clock, &lock);
    vclock_acquire(&world_thread[2].clock, &lock);
    tell("read after another's write", pass(4, ACCESS_READ, 8));
    tell("second reader: a set", pass(5, ACCESS_READ, 8));
    tell("second reader again, same epoch", pass(5, ACCESS_READ, 8));
    vclock_advance(&world_thread[4].clock);
    tell("first reader again, new epoch", pass(4, ACCESS_READ, 8));
    tell("third reader", pass(2, ACCESS_READ, 8));
    printf("sets: %llu bytes for %lu bytes\n", (unsigned long long)record_set_bytes, BYTES);
    vclock_advance(&world_thread[2].clock);
    tell("range of 4 KB, a granule, new epoch", pass(2, ACCESS_READ, 4096) / 512);
    tell("range of 4 KB, a granule, same epoch", pass(2, ACCESS_READ, 4096) / 512);
    race_memory_new(self, AT, AT + BYTES);
    tell("range of 4 KB, a granule, first touch", pass(2, ACCESS_WRITE, 4096) / 512);
    vclock_advance(&self->clock);
    tell("range of 4 KB, a granule, own write, new epoch", pass(2, ACCESS_WRITE, 4096) / 512);
    vclock_advance(&self->clock);
    tell("range of 200, a granule, own write, new epoch", pass(2, ACCESS_WRITE, 200) / 25);
    hand_over(2, 3);
    tell("range of 4 KB, a granule, write over another's", pass(3, ACCESS_WRITE, 4096) / 512);
    hand_over(3, 2);
    hand_over(3, 4);
    tell("range of 4 KB, a granule, read after a write", pass(2, ACCESS_READ, 4096) / 512);
    tell("range of 4 KB, a granule, second reader: a set", pass(4, ACCESS_READ, 4096) / 512);
    vclock_advance(&self->clock);
    tell("range of 4 KB, a granule, first reader again", pass(2, ACCESS_READ, 4096) / 512);
    hand_over(4, 2);
    hand_over(2, 3);
    hand_over(4, 3);
    tell("range of 4 KB, a granule, write over readers", pass(3, ACCESS_WRITE, 4096) / 512);
    printf("pages with shadow: %llu of %lu\n", (unsigned long long)shadow_pages, BYTES / 4096);
    world_end();
    return world_told.races != 0;
}
