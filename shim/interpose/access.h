/*
 * What wrappers of functions that take pointers use to tell the race engine which bytes libc reads
 * and writes for the program.
 *
 * The shape: one test while there is nobody to race with, and the real function is jumped to. When
 * accesses are watched, they are told in a call that is not inlined. What the length is known of is
 * told before the real call, so that what makes it crash is told too; results of it after.
 *
 * A call with an unknown extent tells what it is known to have touched, never more.
 */
#ifndef HOLDFAST_INTERPOSE_ACCESS_H
#define HOLDFAST_INTERPOSE_ACCESS_H

#include <errno.h>

#include "detect/handle_race.h"
#include "detect/race.h"
#include "interpose/real.h"
#include "state/allocator.h"
#include "state/constant.h"

static inline bool access_watched(void)
{
    return unlikely(race_watched());
}

/* Is there anything to tell of a call that is not async-signal-safe? */
static inline bool access_wanted(void)
{
    return access_watched() || unlikely(thread_current && thread_current->handler.frame);
}

/* The stack of a wrapper's caller, and what it called. */
uint32_t origin_frame(struct thread *self, const struct origin *origin);

/* Entered when accesses are watched; guard_leave() follows. */
static inline struct thread *access_enter(void)
{
    return access_watched() ? guard_enter() : NULL;
}

/* A range that no memory can have is the program's mistake, of which it is about to die; none is no
   access. */
#define ACCESS_LARGEST (1ull << 46)

static inline void access_tell(struct thread *self, const void *at, size_t size, unsigned how,
                               const void *frame)
{
    if (likely(at && size - 1 < ACCESS_LARGEST) && !called_by_allocator(frame) &&
        (how & ACCESS_WRITE || !constant_has((uintptr_t)at, size)))
        race_access(self, (uintptr_t)at, size, how,
                    &(const struct origin){.stack = origin_frame, .frame = frame});
}

/* Each enters by itself. frame: the wrapper's, which must still be there: no tail call. Nothing of
   the memory is touched: it may be uninitialised, or not there at all. */
#define ONLY_ADDRESS(parameter) __attribute__((access(none, parameter)))
ONLY_ADDRESS(1) void access_read(const void *at, size_t size, const void *frame);
ONLY_ADDRESS(1) void access_write(const void *at, size_t size, const void *frame);
ONLY_ADDRESS(1)
ONLY_ADDRESS(3)
void access_read_both(const void *a, size_t a_size, const void *b, size_t b_size,
                      const void *frame);
ONLY_ADDRESS(1)
ONLY_ADDRESS(2)
void access_copy(const void *to, const void *from, size_t size, const void *frame);
ONLY_ADDRESS(1)
ONLY_ADDRESS(3)
void access_copy_part(const void *to, size_t to_size, const void *from, size_t from_size,
                      const void *frame);

/* Bytes that a comparison of two strings reads of each: up to and with the first difference or the
   NUL, at most limit. */
size_t access_compared(const char *a, const char *b, size_t limit);

/* Size of a string with its NUL; 0 for none. */
static inline size_t text_size(const char *text)
{
    return text ? real.strlen(text) + 1 : 0;
}

static inline size_t wide_size(const wchar_t *text)
{
    return text ? (real.wcslen(text) + 1) * sizeof *text : 0;
}

/* A call of a function that is given FRAME, in place of a tail call: what the program has called is
   known by the wrapper that is still there (state/called.h). */
#define STAYING(call)                                                                              \
    ({                                                                                             \
        __typeof__(call) answer = call;                                                            \
        __asm__ volatile("" : "+r"(answer));                                                       \
        answer;                                                                                    \
    })

/* A string that a system call has read, judged by its result (negative, with errno): one that could
   not be read is the kernel's to refuse, not ours to die of. */
void access_path(const char *path, bool succeeded, const void *frame);

/* A call is about to use a descriptor (detect/handle_race.h). Most often this thread has just used
   it: then there is nothing to tell, and no need to enter. */
void descriptor_use_slow(int fd, const void *frame);

static inline void descriptor_use(int fd, const void *frame)
{
    const struct thread *self = thread_current;
    if (unlikely(!self || !handle_race_is_used(self, fd)))
        descriptor_use_slow(fd, frame);
}

/* A call that was given fd came back with EBADF: was it open before (detect/handle_use.h)? asks: as
   there. errno is kept. */
void descriptor_use_failed(int fd, bool asks, const void *frame);

/* After a call: failed says that it did, with its error in errno. */
#define USED_WHEN(failed, fd, asks)                                                                \
    do {                                                                                           \
        if (unlikely(failed) && errno == EBADF)                                                    \
            descriptor_use_failed(fd, asks, FRAME);                                                \
    } while (0)
#define USED(fd) USED_WHEN(result < 0, fd, false)

/* The whole body of a wrapper that does no more than tell:
 *
 *     int wrap_stat(const char *path, struct stat *to)
 *     TELLS_AFTER(real.stat(path, to), PATH(path); RESULT(to))
 *     int wrap_fstat(int fd, struct stat *to)
 *     ASKS(fd, real.fstat(fd, to), RESULT(to))
 *
 * before, after: statements made of the words below; `result` is what the call returned. */
#define TELLS_WHEN(wanted, before, call, after)                                                    \
    {                                                                                              \
        if (wanted) {                                                                              \
            before;                                                                                \
        }                                                                                          \
        __typeof__(call) result = call;                                                            \
        if (access_watched()) {                                                                    \
            after;                                                                                 \
        }                                                                                          \
        return result;                                                                             \
    }
#define TELLS_BEFORE_WHEN(wanted, call, before)                                                    \
    {                                                                                              \
        if (wanted) {                                                                              \
            before;                                                                                \
        }                                                                                          \
        return call;                                                                               \
    }
#define TELLS(before, call, after) TELLS_WHEN(access_watched(), before, call, after)
#define TELLS_AFTER(call, after)   TELLS((void)0, call, after)
#define TELLS_BEFORE(call, before) TELLS_BEFORE_WHEN(access_watched(), call, before)

/* The same where a call that is not async-signal-safe is told in a handler too. */
#define WANTS(before, call, after) TELLS_WHEN(access_wanted(), before, call, after)
#define WANTS_BEFORE(call, before) TELLS_BEFORE_WHEN(access_wanted(), call, before)

/* The same of a call that is given descriptors, which it uses or asks what they are. used: whether
   it failed because they are closed. */
#define TELLS_USED(uses, call, used, after)                                                        \
    {                                                                                              \
        if (access_watched()) {                                                                    \
            uses;                                                                                  \
        }                                                                                          \
        __typeof__(call) result = call;                                                            \
        used;                                                                                      \
        if (access_watched()) {                                                                    \
            after;                                                                                 \
        }                                                                                          \
        return result;                                                                             \
    }
#define USING(fd, call, after) TELLS_USED(USES(fd), call, USED(fd), after)
#define ASKS(fd, call, after)  TELLS_USED(USES(fd), call, USED_WHEN(result < 0, fd, true), after)
#define USING_BOTH(fd, other, call, after)                                                         \
    TELLS_USED(USES(fd); USES(other), call, USED(fd); USED(other), after)
/* It returns its error and leaves errno alone. */
#define USING_RETURNED(fd, call)                                                                   \
    TELLS_USED(USES(fd), call,                                                                     \
               if (unlikely(result == EBADF)) descriptor_use_failed(fd, false, FRAME), (void)0)

/* NULL and sizes of 0 are told by nobody. */
#define USES(fd)         descriptor_use(fd, FRAME)
#define READS(at, size)  access_read(at, size, FRAME)
#define WRITES(at, size) access_write(at, size, FRAME)
#define TEXT(text)       access_read(text, text_size(text), FRAME)
#define TEXTS(a, b)      access_read_both(a, text_size(a), b, text_size(b), FRAME)
#define MADE(text)       access_write(text, text_size(text), FRAME)
/* Of a system call that has returned. */
#define PATH(path) access_path(path, result >= 0, FRAME)
#define RESULT(at) access_write(at, result == 0 ? sizeof *(at) : 0, FRAME)
#define MOVED(at)  access_write(at, result > 0 ? (size_t)result : 0, FRAME)

/* length, or with the NUL when the string ended before limit bytes. */
static inline size_t access_ended(size_t length, size_t limit)
{
    return length < limit ? length + 1 : limit;
}

/* Before the loader has relocated us, entries of real are offsets in our file. Who calls then (the
   resolver of an indirect function in a library behind us) gets a plain loop of our own. */
#define ACCESS_LOWEST          (1u << 24) /* above the size of our file, below any library */
#define ACCESS_RELOCATED(name) likely((uintptr_t)real.name >= ACCESS_LOWEST)

#endif
