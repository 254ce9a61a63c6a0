/*
 * usage: concurrent SECONDS
 *
 * The race engine under real threads that meet in the same granules at the same instant. Judged by
 * what must hold whatever the schedule: data under a lock never races; what all of them read never
 * races; two that write without order are found at least once; and when all memory is forgotten, no
 * set of records is left (references were counted right).
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "state/block.h"
#include "state/record_set.h"
#include "state/shadow.h"
#include "world.h"

#define THREADS 6u /* world_thread[2 …] */
#define WORDS   64u
#define SHARED  0x7f0002000000ul
#define GUARDED 0x7f0002004000ul
#define BARE    0x7f0002008000ul
#define OWN     0x7f000200c000ul
#define HEAP    0x7f0003000000ul

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sync_clock lock_clock;
static double until;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static unsigned random_of(unsigned *seed, unsigned limit)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % limit;
}

static void guarded(unsigned t, unsigned *seed)
{
    struct thread *self = &world_thread[t];
    pthread_mutex_lock(&lock);
    vclock_acquire(&self->clock, &lock_clock);
    for (int i = 0; i < 8; i++)
        world_access(t, GUARDED + random_of(seed, WORDS * 8 - 16), 1 + random_of(seed, 16),
                     random_of(seed, 2), 1 + random_of(seed, 4));
    vclock_release(&self->clock, &lock_clock);
    pthread_mutex_unlock(&lock);
}

static void own_block(unsigned t, unsigned *seed)
{
    struct thread *self = &world_thread[t];
    uintptr_t at = HEAP + t * 4096 + random_of(seed, 8) * 256;
    block_born(self, at, 200, FAMILY_MALLOC, 1);
    race_block_born(self, at, 200);
    world_access(t, at, 1 + random_of(seed, 200), ACCESS_WRITE, 2);
    block_dying(block_find(at), 3);
    race_block_dying(self, at, 200, 3);
}

static void *run(void *with)
{
    unsigned t = (unsigned)(uintptr_t)with, seed = t;
    thread_current = &world_thread[t];
    while (now() < until)
        for (int i = 0; i < 1000; i++) {
            unsigned word = random_of(&seed, WORDS);
            world_access(t, SHARED + word * 8 + random_of(&seed, 4), 1 + random_of(&seed, 12),
                         ACCESS_READ, 1 + random_of(&seed, 3));
            world_access(t, BARE + word * 8, 8, ACCESS_ATOMIC | random_of(&seed, 2), 1);
            world_access(t, OWN + t * 2, 2, random_of(&seed, 2), 1 + random_of(&seed, 3));
            if (i % 16 == 0)
                guarded(t, &seed);
            if (i % 16 == 8)
                own_block(t, &seed);
            if (i % 64 == 9)
                race_memory_new(&world_thread[t], BARE + word * 8, BARE + word * 8 + 20);
        }
    return NULL;
}

static int differ(const char *what)
{
    printf("%s\n", what);
    return 1;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    if (argc < 2)
        return 2;
    until = now() + atof(argv[1]);
    world_begin();
    world_access(1, SHARED, WORDS * 8, ACCESS_WRITE, 9);
    for (unsigned i = 0; i < THREADS; i++)
        world_create(1, i + 2);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, run, (void *)(uintptr_t)(i + 2));
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    uint64_t sets = record_set_bytes + record_list_bytes;
    if (world_told.races || world_told.freed)
        return differ("a race was told where there is none");
    /* The first thread has learned of nobody, the others of each other through the lock. */
    world_access(1, SHARED, 8, ACCESS_WRITE, 1);
    if (!world_told.races)
        return differ("readers were forgotten");
    race_memory_new(&world_thread[1], SHARED & ~0xffffffUL, (SHARED & ~0xffffffUL) + 0x2000000);
    for (unsigned i = 0; i < THREADS; i++)
        record_list_give_back(&world_thread[i + 2]);
    if (record_set_bytes || record_list_bytes)
        return differ("sets were left when all memory was forgotten");
    if (record_set_evicted || shadow_lost)
        return differ("something was forgotten");
    if (shadow_pages)
        return differ("pages were left");
    printf("%llu bytes of sets at the end\n", (unsigned long long)sets);
    world_end();
    return 0;
}
