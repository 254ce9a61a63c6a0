/* Waiting for time to pass. */
#include "interpose/blocking.h"

int wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
    BLOCKING(WAIT_SLEEP, 0, deadline_in(time), real.nanosleep(time, left), false);
}

int wrap___nanosleep(const struct timespec *time, struct timespec *left)
{
    BLOCKING(WAIT_SLEEP, 0, deadline_in(time), real.__nanosleep(time, left), false);
}

int wrap_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                         struct timespec *left)
{
    BLOCKING(WAIT_SLEEP, 0, flags & TIMER_ABSTIME ? deadline_at(clock, time) : deadline_in(time),
             real.clock_nanosleep(clock, flags, time, left), false);
}

int wrap_thrd_sleep(const struct timespec *time, struct timespec *left)
{
    BLOCKING(WAIT_SLEEP, 0, deadline_in(time), real.thrd_sleep(time, left), false);
}

unsigned wrap_sleep(unsigned seconds)
{
    BLOCKING(WAIT_SLEEP, 0, deadline_after(seconds * 1000000000ull), real.sleep(seconds), false);
}

int wrap_usleep(useconds_t us)
{
    BLOCKING(WAIT_SLEEP, 0, deadline_after(us * 1000ull), real.usleep(us), false);
}
