/* Streams that are never closed. Each is one finding: its descriptor is part of it.
// expect: handle-leak count=1 function=by_fopen role=opened
// expect: handle-leak count=1 function=by_fopen64 role=opened
// expect: handle-leak count=1 handle=stream text=/dev/null function=by_fdopen role=opened
// expect: handle-leak count=1 function=by_freopen role=opened
// expect: handle-leak count=1 handle=popen text=exit_0 function=by_popen role=opened
// expect: handle-leak count=1 function=by_tmpfile role=opened
// expect: handle-leak count=1 function=by_fmemopen role=opened
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static char memory[16];

static void check(const void *stream)
{
    if (!stream)
        abort();
}

#define LEAVE(name, call)                                                                          \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        check(call);                                                                               \
    }

LEAVE(by_fopen, fopen("/dev/null", "r"))
LEAVE(by_fopen64, fopen64("/dev/null", "re"))
LEAVE(by_fdopen, fdopen(open("/dev/null", O_RDONLY), "r"))
LEAVE(by_freopen, freopen("/dev/zero", "r", fopen("/dev/null", "r")))
LEAVE(by_popen, popen("exit 0", "r"))
LEAVE(by_tmpfile, tmpfile())
LEAVE(by_fmemopen, fmemopen(memory, sizeof memory, "r"))

int main(void)
{
    by_fopen();
    by_fopen64();
    by_fdopen();
    by_freopen();
    by_popen();
    by_tmpfile();
    by_fmemopen();
    return 0;
}
