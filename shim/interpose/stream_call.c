#include "interpose/stream_call.h"

#include "detect/handle_use.h"
#include "detect/handler_misuse.h"
#include "detect/stream_race.h"
#include "state/carrier.h"
#include "state/edge.h"
#include "state/sync.h"

/* glibc's libio.h: the stream was opened for writing only, or for reading only. */
#define NO_READS  0x0004
#define NO_WRITES 0x0008

bool stream_before(struct thread *self, FILE *stream, const char *called, const void *frame)
{
    handler_unsafe_call(self, called, frame);
    if (unlikely(resource_may_be_closed(stream)))
        handle_use_released(self, HANDLE_KIND_STREAM, (uintptr_t)stream, called, frame);
    if (!access_watched())
        return false;
    if (stream)
        stream_race_use(self, USAGE_STREAM, stream, called, frame);
    return true;
}

/* Beside the object of flockfile, which only its holder may release into. */
#define OWN_CLOCK(stream) ((uintptr_t)(stream) + 8)

static bool passes_by_itself(const FILE *stream)
{
    return !(stream->_flags & (NO_READS | NO_WRITES));
}

void stream_gives(struct thread *self, FILE *stream)
{
    if (stream->_fileno >= 0) {
        carrier_gives(self, stream->_fileno);
    } else if (passes_by_itself(stream)) {
        struct sync *sync = sync_get(self, OWN_CLOCK(stream), SYNC_STREAM);
        if (sync)
            edge_release(self, &sync->clock);
    }
}

void stream_takes(struct thread *self, FILE *stream)
{
    if (stream->_fileno >= 0) {
        carrier_takes(self, stream->_fileno);
    } else if (passes_by_itself(stream)) {
        struct sync *sync = sync_find_kind(OWN_CLOCK(stream), SYNC_STREAM);
        if (sync)
            edge_acquire(self, &sync->clock);
    }
}

void stream_use(FILE *stream, const char *called, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    stream_before(self, stream, called, frame);
    guard_leave(self);
}

void stream_out(FILE *stream, const char *called, const void *from, size_t size, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    if (stream_before(self, stream, called, frame)) {
        access_tell(self, from, size, ACCESS_READ, frame);
        if (stream)
            stream_gives(self, stream);
    }
    guard_leave(self);
}

void stream_out_text(FILE *stream, const char *called, const char *text, const void *frame)
{
    size_t size = text && access_watched() ? real.strlen(text) + 1 : 0;
    stream_out(stream, called, text, size, frame);
}

void stream_out_wide(FILE *stream, const char *called, const wchar_t *text, const void *frame)
{
    size_t size = text && access_watched() ? (real.wcslen(text) + 1) * sizeof *text : 0;
    stream_out(stream, called, text, size, frame);
}

void stream_in(FILE *stream, const void *to, size_t size, const void *frame)
{
    struct thread *self = access_enter();
    if (!self)
        return;
    if (stream)
        stream_takes(self, stream);
    access_tell(self, to, size, ACCESS_WRITE, frame);
    guard_leave(self);
}

void stream_began(FILE *stream)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    stream_race_opened(USAGE_STREAM, stream);
    guard_leave(self);
}

void stream_ends(FILE *stream, const char *called, const void *frame)
{
    struct thread *self = stream ? guard_enter() : NULL;
    if (!self)
        return;
    handler_unsafe_call(self, called, frame);
    if (access_watched()) {
        stream_race_close(self, USAGE_STREAM, stream, called, frame);
        stream_gives(self, stream);
    }
    guard_leave(self);
}
