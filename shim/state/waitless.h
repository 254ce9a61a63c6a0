/*
 * Descriptors on which no read or write waits: with O_NONBLOCK, regular files, /dev/null and the
 * like. Servers read and write nothing else, and for each call the wait that it cannot make would
 * be told (state/wait.h): most of what passing a descriptor through costs.
 *
 * Only numbers that were opened before our eyes and never duplicated: what is shared with others
 * may get its flag cleared unseen. Should that happen all the same, a wait is not shown, and the
 * scan stops that thread by a signal, as one that runs. The kernel is asked once, at the 8th use,
 * so that what is opened, read and closed pays nothing.
 *
 * Any thread; waitless_has() needs no guard.
 */
#ifndef HOLDFAST_STATE_WAITLESS_H
#define HOLDFAST_STATE_WAITLESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

#define WAITLESS_FDS  65536u /* numbers from here on may always wait */
#define WAITLESS_USES 8u

/* 0: not known where it comes from; 1 … WAITLESS_USES: so many uses since it was opened, or its
   flags changed; SHARED: never asked; WAITS, YES: what the kernel said. Atomic. */
enum { WAITLESS_SHARED = 253, WAITLESS_WAITS = 254, WAITLESS_YES = 255 };
extern uint8_t waitless_fds[WAITLESS_FDS] __attribute__((visibility("hidden")));

void waitless_learn(int fd);

/* fd is about to be used: true when the call does not wait. */
static inline bool waitless_has(int fd)
{
    if (unlikely((uint32_t)fd >= WAITLESS_FDS))
        return false;
    uint8_t known = __atomic_load_n(&waitless_fds[fd], __ATOMIC_RELAXED);
    if (likely(known == WAITLESS_YES))
        return true;
    if (known && known <= WAITLESS_USES)
        waitless_learn(fd);
    return false;
}

static inline void waitless_set(int fd, uint8_t known)
{
    if (likely((uint32_t)fd < WAITLESS_FDS))
        __atomic_store_n(&waitless_fds[fd], known, __ATOMIC_RELAXED);
}

/* It was opened; two numbers stand for one; it is closed; its flags were changed. */
static inline void waitless_opened(int fd)
{
    waitless_set(fd, 1);
}
static inline void waitless_shared(int fd, int copy)
{
    waitless_set(fd, WAITLESS_SHARED);
    waitless_set(copy, WAITLESS_SHARED);
}
static inline void waitless_closed(int fd)
{
    waitless_set(fd, 0);
}
void waitless_changed(int fd);

/* All that the child has it shares with its parent. */
void waitless_after_fork(void);

#endif
