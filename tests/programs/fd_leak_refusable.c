/* Kinds of descriptors that a machine may refuse, each left behind.
// expect: fd-leak count=1 handle=userfaultfd function=by_userfaultfd role=opened unless=userfaultfd
// expect: fd-leak count=1 handle=io_uring function=by_io_uring role=opened unless=io_uring
// expect: fd-leak count=1 handle=perf function=by_perf role=opened unless=perf
// expect: fd-leak count=1 handle=fanotify function=by_fanotify role=opened unless=fanotify
// expect: fd-leak count=1 handle=bpf function=by_bpf role=opened unless=bpf
// expect: fd-leak count=1 handle=device name=/dev/null function=by_getfd role=opened unless=getfd
// expect: fd-leak count=1 handle=eventfd function=by_getfd_call role=opened unless=getfd_call
*/
#include "rare_descriptors.h"

#define LEAVE(name)                                                                                \
    __attribute__((noinline)) static void by_##name(void)                                          \
    {                                                                                              \
        granted(#name, name());                                                                    \
        __asm__ volatile("");                                                                      \
    }

LEAVE(userfaultfd)
LEAVE(io_uring)
LEAVE(perf)
LEAVE(fanotify)
LEAVE(bpf)
LEAVE(getfd)
LEAVE(getfd_call)

int main(void)
{
    by_userfaultfd();
    by_io_uring();
    by_perf();
    by_fanotify();
    by_bpf();
    by_getfd();
    by_getfd_call();
    return 0;
}
