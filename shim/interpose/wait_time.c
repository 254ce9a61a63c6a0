/* Waiting for time to pass. */
#include <errno.h>

#include "interpose/access.h"
#include "interpose/blocking.h"

/* error: what the call says, 0 when the time is over; only a signal leaves some of it, which the
   call then stores unless it was for a time of the clock. */
#define SLEEP(deadline, call, error, stores)                                                       \
    do {                                                                                           \
        struct thread *waiter = blocking_begin(WAIT_SLEEP, 0, deadline, FRAME);                    \
        int result = call;                                                                         \
        if (likely(waiter))                                                                        \
            wait_end(waiter, false);                                                               \
        if (access_watched() && (!result || (error) == EINTR)) {                                   \
            READS(time, sizeof *time);                                                             \
            WRITES(left, result && (stores) ? sizeof *left : 0);                                   \
        }                                                                                          \
        return result;                                                                             \
    } while (0)

int wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
    SLEEP(deadline_in(time), real.nanosleep(time, left), errno, true);
}

int wrap___nanosleep(const struct timespec *time, struct timespec *left)
{
    SLEEP(deadline_in(time), real.__nanosleep(time, left), errno, true);
}

int wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                         struct timespec *left)
{
    bool until = flags & TIMER_ABSTIME;
    SLEEP(until ? deadline_at(clock, time) : deadline_in(time),
          real.clock_nanosleep(clock, flags, time, left), result, !until);
}

int wrap_thrd_sleep(const struct timespec *time, struct timespec *left)
{
    SLEEP(deadline_in(time), real.thrd_sleep(time, left), result == -1 ? EINTR : EINVAL, true);
}

unsigned wrap_sleep(unsigned seconds)
{
    BLOCKING(WAIT_SLEEP, 0, deadline_after(seconds * 1000000000ull), real.sleep(seconds), false);
}

int wrap_usleep(useconds_t us)
{
    BLOCKING(WAIT_SLEEP, 0, deadline_after(us * 1000ull), real.usleep(us), false);
}
