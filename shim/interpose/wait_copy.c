/* Data from one descriptor to another inside the kernel: taken from one, given to the other. They
   wait for either. */
#include "interpose/passing.h"

static void begins(struct thread *self, int from, int to, const void *frame)
{
    handle_race_use(self, from, frame);
    /* What the source has to give was not taken by us, so what we pass on is its clock: taken now,
       as far as it was given, and again when the call is back. */
    carrier_takes(self, from);
    pass_gives(self, to, frame);
}

/* Where a call begins in a file, and has got to. */
static void offset_moved(const struct passing *passing, const off64_t *at)
{
    if (at)
        pass_whole(passing, at, sizeof *at, ACCESS_WRITE);
}

#define USED_BOTH(from, to)                                                                        \
    do {                                                                                           \
        USED(from);                                                                                \
        USED(to);                                                                                  \
    } while (0)

#define COPY(from, to, from_at, to_at, call)                                                       \
    PASS(WAIT_READ, from, WAIT_FOREVER, call, result >= 0, USED_BOTH(from, to),                    \
         begins(self, from, to, FRAME), {                                                          \
             pass_takes(self, from, result < 0);                                                   \
             if (result < 0)                                                                       \
                 pass_takes(self, to, true);                                                       \
             if (result >= 0) {                                                                    \
                 offset_moved(&passing, from_at);                                                  \
                 offset_moved(&passing, to_at);                                                    \
             }                                                                                     \
         })

ssize_t wrap_sendfile(int out, int in, off_t *at, size_t size)
{
    COPY(in, out, at, NULL, real.sendfile(out, in, at, size));
}

ssize_t wrap_sendfile64(int out, int in, off64_t *at, size_t size)
{
    COPY(in, out, at, NULL, real.sendfile64(out, in, at, size));
}

ssize_t wrap_splice(int in, off64_t *in_at, int out, off64_t *out_at, size_t size, unsigned flags)
{
    COPY(in, out, in_at, out_at, real.splice(in, in_at, out, out_at, size, flags));
}

ssize_t wrap_tee(int in, int out, size_t size, unsigned flags)
{
    COPY(in, out, NULL, NULL, real.tee(in, out, size, flags));
}

ssize_t wrap_copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t size,
                             unsigned flags)
{
    COPY(in, out, in_at, out_at, real.copy_file_range(in, in_at, out, out_at, size, flags));
}

/* From a pipe or to it, as the pipe's end allows; the pages of the parts are read or written. */
ssize_t wrap_vmsplice(int fd, const struct iovec *parts, size_t count, unsigned flags)
{
    GIVE(fd, real.vmsplice(fd, parts, count, flags), PARTS(parts, count));
}
