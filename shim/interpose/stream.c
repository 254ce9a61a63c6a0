/*
 * Streams: what opens and closes a FILE. libc opens and closes the descriptor under a stream inside
 * itself, where we do not see it, so each row of a stream keeps its descriptor's row company.
 */
#include <errno.h>

#include "detect/handle_misuse.h"
#include "interpose/handles.h"
#include "interpose/stream_call.h"
#include "state/environment.h"
#include "state/options.h"
#include "state/process.h"
#include "state/stack.h"
#include "state/stream.h"

static bool mode_has_cloexec(const char *mode)
{
    for (; mode && *mode && *mode != ','; mode++)
        if (*mode == 'e')
            return true;
    return false;
}

static bool is_standard(const FILE *stream)
{
    extern struct _IO_FILE _IO_2_1_stdin_, _IO_2_1_stdout_, _IO_2_1_stderr_;
    return stream == &_IO_2_1_stdin_ || stream == &_IO_2_1_stdout_ || stream == &_IO_2_1_stderr_;
}

/* What the wrapper knows of the stream that it returns. */
struct opening {
    enum handle_kind kind;
    const char *name, *mode;
    bool over;  /* fdopen: the descriptor was there before */
    bool again; /* freopen: whoever used the stream before may use it still */
};

void handle_own_descriptor(struct thread *self, int fd, uint64_t owner, bool over,
                           enum handle_kind kind, const struct handle_birth *birth)
{
    if (over) {
        struct handle_row *row = handle_fd_adopt(self, fd);
        if (row)
            handle_row_own(row, owner);
        return;
    }
    struct handle_birth under = *birth;
    under.kind = kind;
    under.flags |= HANDLE_OWNED;
    under.owner = owner;
    handle_fd_opened(self, fd, &under);
}

static FILE *opened(FILE *stream, const struct opening *opening, const void *frame)
{
    if (access_watched() && stream && !opening->again)
        stream_began(stream);
    if (unlikely(!stream))
        opening_failed(frame);
    struct thread *self = stream ? handles_enter() : NULL;
    if (!self)
        return stream;
    int fd = stream->_fileno; /* what fileno returns, without its errno; negative: none */
    struct handle_birth birth = {
        .kind = opening->kind, .stack = stack_here(self, frame), .name = opening->name};
    if (mode_has_cloexec(opening->mode))
        birth.flags |= HANDLE_CLOEXEC;
    if (opening->kind == HANDLE_KIND_POPEN)
        birth.flags |= HANDLE_PASSED; /* popen looks after those of its own */
    if (is_standard(stream))
        birth.flags |= HANDLE_LIBRARY;
    stream_opened(self, (uintptr_t)stream, fd, &birth);
    if (fd >= 0)
        handle_own_descriptor(
            self, fd, (uintptr_t)stream, opening->over,
            opening->kind == HANDLE_KIND_POPEN ? HANDLE_KIND_FD_PIPE : HANDLE_KIND_FD_FILE, &birth);
    guard_leave(self);
    return stream;
}

/* By a path, which was read like the mode. */
static FILE *file_opened(FILE *stream, const char *path, const char *mode, const void *frame)
{
    if (access_watched()) {
        access_path(path, stream != NULL, frame);
        access_path(mode, stream != NULL, frame);
    }
    const struct opening opening = {.kind = HANDLE_KIND_STREAM, .name = path, .mode = mode};
    return opened(stream, &opening, frame);
}

#define STREAM_OPENED(call, ...)                                                                   \
    opened(call, &(struct opening){.kind = HANDLE_KIND_STREAM, __VA_ARGS__}, FRAME)

FILE *wrap_fopen(const char *path, const char *mode)
{
    return STAYING(file_opened(real.fopen(path, mode), path, mode, FRAME));
}

FILE *wrap_fopen64(const char *path, const char *mode)
{
    return STAYING(file_opened(real.fopen64(path, mode), path, mode, FRAME));
}

FILE *wrap__IO_fopen(const char *path, const char *mode)
{
    return STAYING(file_opened(real._IO_fopen(path, mode), path, mode, FRAME));
}

FILE *wrap_tmpfile(void)
{
    return STREAM_OPENED(real.tmpfile(), .name = "temporary file");
}

FILE *wrap_tmpfile64(void)
{
    return STREAM_OPENED(real.tmpfile64(), .name = "temporary file");
}

FILE *wrap_fdopen(int fd, const char *mode)
{
    FILE *result = real.fdopen(fd, mode);
    USED_WHEN(!result, fd, false);
    return STREAM_OPENED(result, .mode = mode, .over = true);
}

FILE *wrap__IO_fdopen(int fd, const char *mode)
{
    FILE *result = real._IO_fdopen(fd, mode);
    USED_WHEN(!result, fd, false);
    return STREAM_OPENED(result, .mode = mode, .over = true);
}

/* Streams without a descriptor. They are watched so that their addresses, which fclose gives back
   like any other's, are known to be streams again. */
FILE *wrap_fmemopen(void *buffer, size_t size, const char *mode)
{
    return STREAM_OPENED(real.fmemopen(buffer, size, mode), .name = "memory (fmemopen)");
}

FILE *wrap_open_memstream(char **buffer, size_t *size)
{
    return STREAM_OPENED(real.open_memstream(buffer, size), .name = "memory (open_memstream)");
}

FILE *wrap_open_wmemstream(wchar_t **buffer, size_t *size)
{
    return STREAM_OPENED(real.open_wmemstream(buffer, size), .name = "memory (open_wmemstream)");
}

FILE *wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions)
{
    return STREAM_OPENED(stream_with_cookie(cookie, mode, functions), .name = "fopencookie");
}

FILE *wrap_setmntent(const char *path, const char *mode)
{
    return STREAM_OPENED(real.setmntent(path, mode), .name = path, .mode = mode);
}

FILE *wrap___setmntent(const char *path, const char *mode)
{
    return STREAM_OPENED(real.__setmntent(path, mode), .name = path, .mode = mode);
}

/* libc starts the shell itself, with environ: as for system (interpose/process.c), our entries are
   put back for that time. */
static FILE *open_command(__typeof__(popen) *call, const char *command, const char *mode)
{
    struct thread *self = options.number[OPTION_FOLLOW_CHILDREN] ? guard_enter() : NULL;
    if (!self)
        return call(command, mode);
    environment_lend();
    guard_leave(self);
    FILE *stream = call(command, mode);
    int saved = errno;
    if ((self = guard_enter())) {
        environment_return();
        guard_leave(self);
    }
    errno = saved;
    return stream;
}

#define COMMAND_OPENED(call)                                                                       \
    descriptors_go_on(FRAME);                                                                      \
    return opened(open_command(call, command, mode),                                               \
                  &(struct opening){.kind = HANDLE_KIND_POPEN, .name = command, .mode = mode},     \
                  FRAME)

FILE *wrap_popen(const char *command, const char *mode)
{
    COMMAND_OPENED(real.popen);
}

FILE *wrap__IO_popen(const char *command, const char *mode)
{
    COMMAND_OPENED(real._IO_popen);
}

/* ---- closing */

/* Before stream is closed: tells that it is closed already, or that it goes. */
static void closing(FILE *stream, enum handle_state state, const char *called, const void *frame)
{
    if (access_wanted())
        stream_ends(stream, called, frame);
    struct thread *self = stream ? handles_enter() : NULL;
    if (!self)
        return;
    uint32_t stack = stack_here(self, frame);
    struct handle_row *row = stream_find((uintptr_t)stream);
    bool certain;
    if (row && resource_is_gone(row, &certain)) {
        handle_released_again(self, row, certain, stack, called);
    } else {
        stream_closing(self, (uintptr_t)stream, state, stack);
        row = stream_find((uintptr_t)stream);
        if (row && is_standard(stream))
            row->flags |= HANDLE_LIBRARY;
    }
    guard_leave(self);
}

int wrap_fclose(FILE *stream)
{
    if (unlikely(stream == stderr))
        process_stderr_closes(FRAME);
    closing(stream, HANDLE_CLOSED, "fclose", FRAME);
    return real.fclose(stream);
}

int wrap__IO_fclose(FILE *stream)
{
    closing(stream, HANDLE_CLOSED, "fclose", FRAME);
    return real._IO_fclose(stream);
}

int wrap_pclose(FILE *stream)
{
    closing(stream, HANDLE_CLOSED, "pclose", FRAME);
    return real.pclose(stream);
}

int wrap_endmntent(FILE *stream)
{
    closing(stream, HANDLE_CLOSED, "endmntent", FRAME);
    return real.endmntent(stream);
}

int wrap___endmntent(FILE *stream)
{
    closing(stream, HANDLE_CLOSED, "endmntent", FRAME);
    return real.__endmntent(stream);
}

static void closed_with_all(struct handle_row *row, void *with)
{
    struct thread *self = with;
    bool stream = row->kind == HANDLE_KIND_STREAM || row->kind == HANDLE_KIND_POPEN;
    if (stream && !(row->flags & HANDLE_LIBRARY))
        resource_closing(self, row, HANDLE_CLOSED, 0);
}

/* glibc only flushes here and leaves streams usable; to the program they are closed. */
int wrap_fcloseall(void)
{
    struct thread *self = handles_enter();
    if (self) {
        resource_each(closed_with_all, self);
        guard_leave(self);
    }
    return real.fcloseall();
}

/* ---- freopen: closes, then opens again at the same address. When that fails nothing is open, yet
   the FILE is still there and may be closed. */

static FILE *reopened(FILE *stream, FILE *result, const char *path, const char *mode,
                      const void *frame)
{
    if (access_watched()) {
        access_path(path, result != NULL, frame);
        access_path(mode, result != NULL, frame);
    }
    if (result)
        return opened(result,
                      &(struct opening){
                          .kind = HANDLE_KIND_STREAM, .name = path, .mode = mode, .again = true},
                      frame);
    struct thread *self = handles_enter();
    if (self) {
        resource_forget(HANDLE_KIND_STREAM, (uintptr_t)stream);
        guard_leave(self);
    }
    return NULL;
}

FILE *wrap_freopen(const char *path, const char *mode, FILE *stream)
{
    closing(stream, HANDLE_CLOSING, "freopen", FRAME);
    return STAYING(reopened(stream, real.freopen(path, mode, stream), path, mode, FRAME));
}

FILE *wrap_freopen64(const char *path, const char *mode, FILE *stream)
{
    closing(stream, HANDLE_CLOSING, "freopen", FRAME);
    return STAYING(reopened(stream, real.freopen64(path, mode, stream), path, mode, FRAME));
}
