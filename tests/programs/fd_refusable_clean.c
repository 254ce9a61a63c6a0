/* Kinds of descriptors that a machine may refuse, all closed, some by syscall().
// expect: none
*/
#include "rare_descriptors.h"

static void give_back(const char *name, long fd)
{
    if (granted(name, fd) && close((int)fd) != 0)
        abort();
}

static void give_back_call(const char *name, long fd)
{
    if (granted(name, fd) && syscall(SYS_close, fd) != 0)
        abort();
}

int main(void)
{
    for (volatile int i = 0; i < 2; i++) {
        give_back("userfaultfd", userfaultfd());
        give_back_call("io_uring", io_uring());
        give_back("perf", perf());
        give_back_call("fanotify", fanotify());
        give_back("bpf", bpf());
        give_back("getfd", getfd());
        give_back_call("getfd_call", getfd_call());
    }
    return 0;
}
