/*
 * Asynchronous input and output. A request orders who made it before who learns that it is done;
 * what it has read into its buffer is told when its result is fetched. libc's own threads do the
 * work, unseen.
 */
#include "interpose/passing.h"
#include "state/sync.h"

#define LIST_MOST 65536

static struct sync *request(struct thread *self, const void *block)
{
    return sync_get(self, (uintptr_t)block, SYNC_OTHER);
}

/* Before it is handed over. reads: it fills the buffer. */
static void submits(struct thread *self, const struct aiocb *block, bool reads, const void *frame)
{
    const struct passing passing = {self, frame, ACCESS_READ, SIZE_MAX};
    struct sync *sync = request(self, block);
    handle_race_use(self, block->aio_fildes, frame);
    if (!reads) {
        pass_bytes(&passing, (const void *)block->aio_buf, block->aio_nbytes);
        carrier_gives(self, block->aio_fildes);
    }
    if (sync)
        vclock_release_join(&self->clock, &sync->clock);
}

static void submitting(const struct aiocb *block, bool reads, const void *frame)
{
    struct thread *self = carriers_watched() ? guard_enter() : NULL;
    if (!self)
        return;
    submits(self, block, reads, frame);
    guard_leave(self);
}

/* It is known to be done. */
static void done(struct thread *self, const struct aiocb *block)
{
    struct sync *sync = request(self, block);
    if (sync)
        vclock_acquire(&self->clock, &sync->clock);
    carrier_takes(self, block->aio_fildes);
}

/* After a call that says whether it is done. */
static int asked(const struct aiocb *block, int error)
{
    struct thread *self =
        error != EINPROGRESS && error != -1 && carriers_watched() ? guard_enter() : NULL;
    if (self) {
        done(self, block);
        guard_leave(self);
    }
    return error;
}

/* reads: known from the block where it came in a list, else from the wrapper that saw it go. */
static ssize_t fetched(const struct aiocb *block, ssize_t result, const void *frame)
{
    struct thread *self = carriers_watched() ? guard_enter() : NULL;
    if (!self)
        return result;
    const struct passing passing = {self, frame, ACCESS_WRITE, SIZE_MAX};
    done(self, block);
    struct sync *sync = sync_find_kind((uintptr_t)block, SYNC_OTHER);
    if (sync && sync->owner && result > 0)
        pass_bytes(&passing, (const void *)block->aio_buf, (size_t)result);
    guard_leave(self);
    return result;
}

/* Says of a request that it fills its buffer. */
static void mark(const struct aiocb *block, bool reads)
{
    struct thread *self = carriers_watched() ? guard_enter() : NULL;
    if (!self)
        return;
    struct sync *sync = request(self, block);
    if (sync)
        sync->owner = reads;
    guard_leave(self);
}

#define SUBMIT(reads, call)                                                                        \
    do {                                                                                           \
        submitting((const struct aiocb *)block, reads, FRAME);                                     \
        mark((const struct aiocb *)block, reads);                                                  \
        return call;                                                                               \
    } while (0)

int wrap_aio_read(struct aiocb *block)
{
    SUBMIT(true, real.aio_read(block));
}

int wrap_aio_read64(struct aiocb64 *block)
{
    SUBMIT(true, real.aio_read64(block));
}

int wrap_aio_write(struct aiocb *block)
{
    SUBMIT(false, real.aio_write(block));
}

int wrap_aio_write64(struct aiocb64 *block)
{
    SUBMIT(false, real.aio_write64(block));
}

int wrap_aio_error(const struct aiocb *block)
{
    return asked(block, real.aio_error(block));
}

int wrap_aio_error64(const struct aiocb64 *block)
{
    return asked((const struct aiocb *)block, real.aio_error64(block));
}

ssize_t wrap_aio_return(struct aiocb *block)
{
    return fetched(block, real.aio_return(block), FRAME);
}

ssize_t wrap_aio_return64(struct aiocb64 *block)
{
    return fetched((struct aiocb *)block, real.aio_return64(block), FRAME);
}

/* ---- lists; struct aiocb and aiocb64 are the same here */

static_assert(sizeof(struct aiocb) == sizeof(struct aiocb64), "x86-64");

static void list_submits(struct aiocb *const *list, int count, const void *frame)
{
    for (int i = 0; i < count && i < LIST_MOST; i++)
        if (list[i] && list[i]->aio_lio_opcode != LIO_NOP) {
            bool reads = list[i]->aio_lio_opcode == LIO_READ;
            submitting(list[i], reads, frame);
            mark(list[i], reads);
        }
}

static void list_asked(const struct aiocb *const *list, int count)
{
    if (!carriers_watched())
        return;
    for (int i = 0; i < count && i < LIST_MOST; i++)
        if (list[i])
            asked(list[i], real.aio_error(list[i]));
}

#define SUBMIT_LIST(call)                                                                          \
    do {                                                                                           \
        if (carriers_watched())                                                                    \
            list_submits((struct aiocb *const *)list, count, FRAME);                               \
        int result = call;                                                                         \
        int saved = errno;                                                                         \
        if (mode == LIO_WAIT)                                                                      \
            list_asked((const struct aiocb *const *)list, count);                                  \
        errno = saved;                                                                             \
        return result;                                                                             \
    } while (0)

int wrap_lio_listio(int mode, struct aiocb *const *list, int count, struct sigevent *event)
{
    SUBMIT_LIST(real.lio_listio(mode, list, count, event));
}

int wrap_lio_listio64(int mode, struct aiocb64 *const *list, int count, struct sigevent *event)
{
    SUBMIT_LIST(real.lio_listio64(mode, list, count, event));
}

#define SUSPEND(call)                                                                              \
    do {                                                                                           \
        struct thread *waiter = blocking_begin(WAIT_POLL, 0, deadline_in(time), FRAME);            \
        int result = call;                                                                         \
        int saved = errno;                                                                         \
        if (waiter)                                                                                \
            wait_end(waiter, result == 0);                                                         \
        list_asked((const struct aiocb *const *)list, count);                                      \
        errno = saved;                                                                             \
        return result;                                                                             \
    } while (0)

int wrap_aio_suspend(const struct aiocb *const *list, int count, const struct timespec *time)
{
    SUSPEND(real.aio_suspend(list, count, time));
}

int wrap_aio_suspend64(const struct aiocb64 *const *list, int count, const struct timespec *time)
{
    SUSPEND(real.aio_suspend64(list, count, time));
}
