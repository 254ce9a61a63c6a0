/*
 * handle-race for descriptors: one thread closes a number (or puts another object on it) while
 * another uses it, and nothing orders the two.
 *
 * A number is a location: each use by a call is a read, a close is a write. As in FastTrack, each
 * thread's newest use since the number was opened is kept, with its stack; the closer looks at
 * all that it does not know of, and who uses a number that is closed looks at the close. Every
 * thread writes its uses into a struct of its own, so that many threads on one descriptor share no
 * cache line; it finds the struct by a small table by number.
 *
 * A number that a thread used, that another closed and that stands for something else when the
 * first uses it again is told too, unless the first learnt of the close.
 *
 * A thread that sleeps in a call on a descriptor uses it: to close it for waking that thread is
 * such a race; shutdown is none.
 *
 * Guard entered, and only while carriers_watched().
 */
#ifndef HOLDFAST_DETECT_HANDLE_RACE_H
#define HOLDFAST_DETECT_HANDLE_RACE_H

#include "state/carrier.h"

struct use {
    stamp_t stamp;    /* atomic; newest use */
    uint64_t where;   /* atomic; stack | lockset << 32 */
    struct use *next; /* the descriptor's lock */
    uint32_t thread;  /* number; 0 = free */
    uint32_t generation;
    int32_t fd;
} __attribute__((aligned(64)));

/* A place in a thread's table: its newest use of a number that belongs there. What the use says
   may be another's by now. */
struct known_use {
    struct use *use;
    int32_t fd;
    uint32_t generation; /* of the number at the time */
    uint32_t thread;     /* whose: threads take over tables */
};

#define USES_KNOWN 128u /* a power of two; places in a thread's table */

/* frame: of the wrapper that is about to make the real call. */
void handle_race_use_slow(struct thread *self, int fd, const void *frame);

/* Has the calling thread used fd since its clock went on? Needs no guard: it writes nothing, and
   the table is the thread's own. */
static inline bool handle_race_is_used(const struct thread *self, int fd)
{
    const struct use *use = self->uses ? self->uses[(uint32_t)fd % USES_KNOWN].use : NULL;
    const struct descriptor *at = descriptor_find(fd);
    return likely(use && at && use->stamp == self->clock.now && use->fd == fd &&
                  use->generation == __atomic_load_n(&at->generation, __ATOMIC_RELAXED));
}

/* fd is about to be used. */
static inline void handle_race_use(struct thread *self, int fd, const void *frame)
{
    if (unlikely(!handle_race_is_used(self, fd)))
        handle_race_use_slow(self, fd, frame);
}

/* fd was opened by the call with this stack. Before carrier_opened. */
void handle_race_opened(struct thread *self, int fd, uint32_t stack);

/* fd is about to be closed. Before carrier_closing. */
void handle_race_closing(struct thread *self, int fd, uint32_t stack);

#endif
