/* The faulty twin of order_recycled_clean.c: these locks live on.
// expect: lock-order count=1 severity=warning function=recycled_first role=acquired
// expect: lock-order count=1 function=recycled_second role=acquired
// expect-stdout: the same addresses
*/
#include "order_recycled.h"

static pthread_mutex_t spare = PTHREAD_MUTEX_INITIALIZER;

static pthread_mutex_t *begin(void)
{
    return &spare;
}

static void end(pthread_mutex_t *mutex)
{
    (void)mutex;
}

static const struct life lives[] = {{begin, end}};

int main(void)
{
    return two_lives(lives, LIVES);
}
