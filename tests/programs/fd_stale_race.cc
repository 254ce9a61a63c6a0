/* A thread closes its number a second time, when another thread has opened it since and nothing orders the two.
// expect: stale-close count=1 function=close_again role=here
// expect: stale-close count=1 function=open_anew role=opened
// expect: stale-close count=1 function=open_first role=former
// expect: stale-close count=1 function=close_first role=former-closed text=nothing_orders
*/
#include <cstdlib>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

#include "support.h"

static int first, second;
static gate closed, opened;

[[gnu::noinline]] static void open_first()
{
    first = open("/dev/null", O_RDONLY);
    __asm__ volatile("");
}

[[gnu::noinline]] static void close_first()
{
    close(first);
    __asm__ volatile("");
}

[[gnu::noinline]] static void close_again()
{
    if (close(first) != 0)
        abort();
}

[[gnu::noinline]] static void open_anew()
{
    second = open("/dev/zero", O_RDONLY);
    __asm__ volatile("");
}

int main()
{
    open_first();
    std::thread owner([] {
        gate_wait(&closed);
        open_anew();
        gate_open(&opened);
    });
    close_first();
    gate_open(&closed);
    gate_wait(&opened);
    if (second != first)
        abort();
    close_again();
    owner.join();
    return 0;
}
