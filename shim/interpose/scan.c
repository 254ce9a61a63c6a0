#include "interpose/scan.h"

struct teller {
    struct thread *self;
    const void *frame;
};

static void tell(const void *at, size_t size, unsigned how, void *with)
{
    const struct teller *teller = with;
    access_tell(teller->self, at, size, how, teller->frame);
}

void scan_begin(FILE *stream, const char *called, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    stream_before(self, stream, called, frame);
    guard_leave(self);
}

void scanned(const struct scan *scan, va_list arguments, const void *frame)
{
    struct thread *self = guard_enter();
    struct teller teller = {self, frame};
    va_list copy;
    if (!self)
        return;
    if (scan->stream)
        stream_takes(self, scan->stream);
    access_tell(self, scan->format.text, format_size(&scan->format), ACCESS_READ, frame);
    if (scan->from)
        access_tell(self, scan->from, format_size(&(struct format){scan->from, scan->format.wide}),
                    ACCESS_READ, frame);
    va_copy(copy, arguments);
    format_scan(&scan->format, scan->old, scan->result, copy, tell, &teller);
    va_end(copy);
    guard_leave(self);
}
