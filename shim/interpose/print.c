#include "interpose/print.h"

#include "detect/handler_misuse.h"
#include "interpose/format.h"
#include "interpose/passing.h"

struct teller {
    struct thread *self;
    const void *frame;
};

static void tell(const void *at, size_t size, unsigned how, void *with)
{
    const struct teller *teller = with;
    access_tell(teller->self, at, size, how, teller->frame);
}

static __attribute__((noinline)) void tell_format(struct thread *self, const struct format *format,
                                                  va_list arguments, const void *frame)
{
    struct teller teller = {self, frame};
    va_list copy;
    va_copy(copy, arguments);
    access_tell(self, format->text, format_size(format), ACCESS_READ, frame);
    format_print(format, copy, tell, &teller);
    va_end(copy);
}

void stream_print(FILE *stream, const char *called, const void *format, bool wide,
                  va_list arguments, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    if (stream_before(self, stream, called, frame)) {
        tell_format(self, &(struct format){format, wide}, arguments, frame);
        if (stream)
            stream_gives(self, stream);
    }
    guard_leave(self);
}

void descriptor_print(int fd, const char *format, va_list arguments, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    handler_unsafe_call(self, "dprintf", frame);
    if (access_watched()) {
        tell_format(self, &(struct format){format, false}, arguments, frame);
        if (carriers_watched())
            pass_gives(self, fd, frame);
    }
    guard_leave(self);
}

void text_print(const char *called, const void *format, bool wide, va_list arguments,
                const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    handler_unsafe_call(self, called, frame);
    if (access_watched())
        tell_format(self, &(struct format){format, wide}, arguments, frame);
    guard_leave(self);
}
