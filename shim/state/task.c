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

/* The next word of a line of numbers, decimal or 0x…; at moves behind it. */
static uintptr_t next_number(const char **at)
{
    const char *c = *at;
    bool negative = *c == '-', hex = c[0] == '0' && c[1] == 'x';
    uintptr_t value = 0;
    for (c += negative ? 1 : hex ? 2 : 0; *c > ' '; c++)
        value = value * (hex ? 16 : 10) + (uintptr_t)(*c <= '9' ? *c - '0' : (*c | 32) - 'a' + 10);
    *at = *c == ' ' ? c + 1 : c;
    return negative ? -value : value;
}

/* The file says "running", "-1 sp pc", or number, six arguments, sp and pc. */
int task_call(int32_t tid, struct task_call *ret)
{
    char line[256];
    const char *at = line;
    long size = task_read(tid, "syscall", line, sizeof line);
    if (size <= 0)
        return size < 0 ? (int)size : -1;
    if (line[0] == 'r')
        return 0;
    ret->number = (long)next_number(&at);
    for (int i = 0; i < 6 && ret->number >= 0; i++)
        ret->arguments[i] = next_number(&at);
    ret->sp = next_number(&at);
    ret->pc = next_number(&at);
    return 1;
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
