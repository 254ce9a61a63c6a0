/*
 * fopencookie: streams whose data goes through functions of the program. libc calls them with the
 * stream locked, so what one call of them did is ordered before the next, whichever threads print:
 * unlike for other streams that order is one that the program may rely on. Ours stand around them.
 */
#include "interpose/access.h"
#include "interpose/stream_call.h"
#include "state/edge.h"
#include "state/sync.h"

/* The cookie that libc gets instead: a block of the program's heap, so that what the program's
   cookie points to is found from it. Its address is that of the clock. */
struct cookie {
    void *with;
    cookie_io_functions_t functions;
};

static void enters(const struct cookie *cookie)
{
    struct thread *self = access_enter();
    if (!self)
        return;
    struct sync *sync = sync_find_kind((uintptr_t)cookie, SYNC_STREAM);
    if (sync)
        edge_acquire(self, &sync->clock);
    guard_leave(self);
}

static void leaves(const struct cookie *cookie)
{
    struct thread *self = access_enter();
    if (!self)
        return;
    struct sync *sync = sync_get(self, (uintptr_t)cookie, SYNC_STREAM);
    if (sync)
        edge_release(self, &sync->clock);
    guard_leave(self);
}

static ssize_t reads(void *at, char *to, size_t size)
{
    const struct cookie *cookie = at;
    enters(cookie);
    ssize_t result = cookie->functions.read(cookie->with, to, size);
    leaves(cookie);
    return result;
}

static ssize_t writes(void *at, const char *from, size_t size)
{
    const struct cookie *cookie = at;
    enters(cookie);
    ssize_t result = cookie->functions.write(cookie->with, from, size);
    leaves(cookie);
    return result;
}

static int seeks(void *at, off64_t *where, int whence)
{
    const struct cookie *cookie = at;
    enters(cookie);
    int result = cookie->functions.seek(cookie->with, where, whence);
    leaves(cookie);
    return result;
}

static int closes(void *at)
{
    struct cookie *cookie = at;
    enters(cookie);
    int result = cookie->functions.close ? cookie->functions.close(cookie->with) : 0;
    wrap_free(cookie);
    return result;
}

FILE *stream_with_cookie(void *with, const char *mode, cookie_io_functions_t functions)
{
    struct cookie *cookie = observing.races == RACES_OFF ? NULL : wrap_malloc(sizeof *cookie);
    if (!cookie)
        return real.fopencookie(with, mode, functions);
    *cookie = (struct cookie){with, functions};
    cookie_io_functions_t ours = {functions.read ? reads : NULL, functions.write ? writes : NULL,
                                  functions.seek ? seeks : NULL, closes};
    FILE *stream = real.fopencookie(cookie, mode, ours);
    if (!stream)
        wrap_free(cookie);
    return stream;
}
