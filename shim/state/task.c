#include "state/task.h"

#include <fcntl.h>

#include "base/memory.h"
#include "base/recording.h"
#include "base/syscall.h"
#include "base/text.h"

long task_read(int32_t tid, const char *name, char *buffer, size_t room)
{
    char path[64];
    struct text text = text_in(path, sizeof path);
    text_add(&text, "/proc/self/task/");
    text_add_number(&text, (uint64_t)tid);
    text_add_char(&text, '/');
    text_add(&text, name);
    long fd = raw_syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (raw_failed(fd))
        return fd;
    long size = raw_syscall(SYS_read, fd, buffer, room - 1);
    raw_syscall(SYS_close, fd);
    buffer[size > 0 ? size : 0] = '\0';
    return size;
}

/* comm is at most 15 letters and a newline. */
void task_name(struct thread_row *row)
{
    char name[17], process[17];
    if (row->name[0] || __atomic_load_n(&row->state, __ATOMIC_RELAXED) != THREAD_RUNNING)
        return;
    long size = task_read(row->tid, "comm", name, sizeof name);
    if (size <= 1 || task_read(recording->pid, "comm", process, sizeof process) <= 0 ||
        text_equal(name, process))
        return;
    mem_copy(row->name, name, (size_t)size - 1);
}
