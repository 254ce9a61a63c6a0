#include "interpose/access.h"

#include <errno.h>

#include "detect/handle_race.h"
#include "detect/handle_use.h"
#include "interpose/handles.h"
#include "state/called.h"
#include "state/stack.h"

uint32_t origin_frame(struct thread *self, const struct origin *origin)
{
    called_note(origin->frame);
    return stack_once(self, origin->frame);
}

/* Of one or two ranges, which are on record already more often than not. */
ONLY_ADDRESS(1)
static inline bool known(const void *at, size_t size, bool write)
{
    return race_is_on_record((uintptr_t)at, size, write);
}

ONLY_ADDRESS(1)
static __attribute__((noinline)) void tell_one(const void *at, size_t size, unsigned how,
                                               const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    access_tell(self, at, size, how, frame);
    guard_leave(self);
}

void access_read(const void *at, size_t size, const void *frame)
{
    if (!known(at, size, false))
        tell_one(at, size, ACCESS_READ, frame);
}

void access_write(const void *at, size_t size, const void *frame)
{
    if (!known(at, size, true))
        tell_one(at, size, ACCESS_WRITE, frame);
}

ONLY_ADDRESS(1)
ONLY_ADDRESS(3)
static __attribute__((noinline)) void tell_two(const void *a, size_t a_size, const void *b,
                                               size_t b_size, unsigned how_b, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    access_tell(self, a, a_size, ACCESS_READ, frame);
    access_tell(self, b, b_size, how_b, frame);
    guard_leave(self);
}

void access_read_both(const void *a, size_t a_size, const void *b, size_t b_size, const void *frame)
{
    if (!known(a, a_size, false))
        tell_two(a, a_size, b, b_size, ACCESS_READ, frame);
    else if (!known(b, b_size, false))
        tell_one(b, b_size, ACCESS_READ, frame);
}

void access_copy_part(const void *to, size_t to_size, const void *from, size_t from_size,
                      const void *frame)
{
    if (!known(from, from_size, false))
        tell_two(from, from_size, to, to_size, ACCESS_WRITE, frame);
    else if (!known(to, to_size, true))
        tell_one(to, to_size, ACCESS_WRITE, frame);
}

void access_copy(const void *to, const void *from, size_t size, const void *frame)
{
    access_copy_part(to, size, from, size, frame);
}

void access_path(const char *path, bool succeeded, const void *frame)
{
    /* Errors of the name itself: it was read. */
    if (succeeded || errno == ENOENT || errno == ENOTDIR || errno == EEXIST || errno == EACCES)
        access_read(path, text_size(path), frame);
}

void descriptor_use_slow(int fd, const void *frame)
{
    struct thread *self = fd < 0 ? NULL : guard_enter();
    if (!self)
        return;
    handle_race_use(self, fd, frame);
    guard_leave(self);
}

void descriptor_use_failed(int fd, bool asks, const void *frame)
{
    struct thread *self = fd < 0 ? NULL : handles_enter();
    if (!self)
        return;
    uint32_t stack = stack_here(self, frame);
    called_note(frame);
    handle_use_failed(self, fd, stack, called_by(stack), asks);
    guard_leave(self);
}

/* Can eight bytes be read without meeting another page? */
static bool eight_in_page(const char *at)
{
    return ((uintptr_t)at & 4095) <= 4096 - 8;
}

/* Has one of the eight bytes all bits zero? (x - 1 borrows in the lowest such byte.) */
static bool has_zero(uint64_t word)
{
    return ((word - 0x0101010101010101ull) & ~word & 0x8080808080808080ull) != 0;
}

size_t access_compared(const char *a, const char *b, size_t limit)
{
    typedef uint64_t __attribute__((aligned(1), may_alias)) any_word;
    size_t i = 0;
    while (i < limit) {
        if (limit - i >= 8 && eight_in_page(a + i) && eight_in_page(b + i)) {
            uint64_t word = *(const any_word *)(a + i);
            if (word == *(const any_word *)(b + i) && !has_zero(word)) {
                i += 8;
                continue;
            }
        }
        if (a[i] != b[i] || !a[i])
            return i + 1;
        i++;
    }
    return limit;
}
