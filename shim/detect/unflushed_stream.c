#include "detect/unflushed_stream.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <wchar.h>

#include "base/recording.h"
#include "base/syscall.h"
#include "base/text.h"
#include "report/finding.h"
#include "state/stream.h"

#define MAGIC        0xfbad0000u /* libio/libio.h of glibc: in _flags of every FILE */
#define MAGIC_MASK   0xffff0000u
#define NO_WRITES    0x0008u
#define STREAMS_MOST 65536u /* a list that another thread changes may lead in a circle */

/* struct _IO_wide_data of glibc, as far as it matters. */
struct wide {
    wchar_t *read[3];
    wchar_t *write_base, *write_next;
};

/* _IO_lock_t of glibc. */
struct stream_lock {
    int lock, depth;
    uintptr_t owner; /* pthread_t */
};

/* What a fork's child found unwritten. */
#define INHERITED_MOST 32u
static struct inherited {
    uintptr_t stream;
    uint64_t bytes;
} inherited[INHERITED_MOST];
static uint32_t inherited_count;

/* libc's list of open streams; NULL: not known. */
static const uintptr_t *streams;

static bool copy(void *to, uintptr_t from, size_t size)
{
    struct iovec here = {.iov_base = to, .iov_len = size};
    struct iovec there = {.iov_base = (void *)from, .iov_len = size};
    return from && raw_syscall(SYS_process_vm_readv, raw_syscall(SYS_getpid), &here, 1, &there, 1,
                               0) == (long)size;
}

/* Bytes that wait in the stream's buffer (a wide character counts as one). */
static uint64_t unwritten(const struct _IO_FILE *file)
{
    struct wide wide;
    uint64_t bytes = 0;
    if (((unsigned)file->_flags & MAGIC_MASK) != MAGIC || (unsigned)file->_flags & NO_WRITES ||
        file->_fileno < 0)
        return 0;
    if (file->_mode > 0 && copy(&wide, (uintptr_t)file->_wide_data, sizeof wide) &&
        wide.write_next > wide.write_base)
        bytes = (uint64_t)(wide.write_next - wide.write_base);
    if (file->_IO_write_ptr > file->_IO_write_base)
        bytes += (uint64_t)(file->_IO_write_ptr - file->_IO_write_base);
    return bytes;
}

static void each(void (*visit)(uintptr_t address, const struct _IO_FILE *file, void *with),
                 void *with)
{
    struct _IO_FILE file;
    uintptr_t at = streams ? __atomic_load_n(streams, __ATOMIC_RELAXED) : 0;
    for (uint32_t i = 0; i < STREAMS_MOST && copy(&file, at, sizeof file); i++) {
        if (unwritten(&file))
            visit(at, &file, with);
        at = (uintptr_t)file._chain;
    }
}

static void inherit(uintptr_t address, const struct _IO_FILE *file, void *unused)
{
    if (inherited_count < INHERITED_MOST)
        inherited[inherited_count++] =
            (struct inherited){.stream = address, .bytes = unwritten(file)};
}

/* Fewer than there were: they were written, by the child, and what is there now is its own. */
static uint64_t without_inherited(uintptr_t address, uint64_t bytes)
{
    for (uint32_t i = 0; i < inherited_count; i++)
        if (inherited[i].stream == address && bytes >= inherited[i].bytes)
            return bytes - inherited[i].bytes;
    return bytes;
}

static bool goes_nowhere(int fd)
{
    struct stat status;
    return !raw_failed(raw_syscall(SYS_fstat, fd, &status)) && S_ISCHR(status.st_mode) &&
           status.st_rdev == makedev(1, 3); /* /dev/null */
}

static const char *name_of(uintptr_t address, const struct handle_row *row)
{
    if (address == (uintptr_t)stdout)
        return "stdout";
    if (address == (uintptr_t)stderr)
        return "stderr";
    return row ? handle_name(row) : "";
}

struct look {
    struct thread *self;
    uint32_t here;
    bool by_signal;
};

/* In the middle of a call, so what it says may have been written already: the kernel has taken it,
   and libc has not come back to note it. A fault or an end that the thread chose itself is not in
   the middle of that. */
static bool in_call(const struct look *look, const struct _IO_FILE *file)
{
    struct stream_lock lock;
    return copy(&lock, (uintptr_t)file->_lock, sizeof lock) && lock.depth &&
           (look->by_signal || lock.owner != (uintptr_t)__builtin_thread_pointer());
}

static void tell(uintptr_t address, const struct _IO_FILE *file, void *with)
{
    const struct look *look = with;
    uint64_t bytes = without_inherited(address, unwritten(file));
    struct finding finding;
    char line[96];
    if (!bytes || in_call(look, file) || goes_nowhere(file->_fileno))
        return;
    const struct handle_row *row = stream_find(address);
    bool ours = row && handle_state_of(row) == HANDLE_OPEN;
    finding_begin(&finding, KIND_UNFLUSHED_STREAM, look->self);
    finding.amount = bytes;
    struct text text = text_in(line, sizeof line);
    text_add_number(&text, bytes);
    text_add(&text, bytes == 1 ? " byte was lost." : " bytes were lost.");
    finding.detail = string_keep(line);
    finding_stack(&finding, ROLE_HERE, look->here, look->self->number);
    struct evidence_row *handle = finding_evidence(&finding, EVIDENCE_HANDLE, ROLE_OPENED);
    handle->a = address;
    handle->b = HANDLE_KIND_STREAM;
    handle->string = string_keep(name_of(address, row));
    if (ours)
        finding_stack(&finding, ROLE_OPENED, row->opened_stack, row->opened_thread);
    finding_tell(&finding);
}

void unflushed_stream_start_up(void)
{
    streams = dlsym(RTLD_NEXT, "_IO_list_all");
}

void unflushed_stream_after_fork(void)
{
    inherited_count = 0;
    each(inherit, NULL);
}

void unflushed_stream_look(struct thread *self, uint32_t here)
{
    struct look look = {
        .self = self, .here = here, .by_signal = recording->ending == ENDING_SIGNAL};
    each(tell, &look);
}
