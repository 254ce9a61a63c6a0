/* What the kernel says of a thread of this process: /proc/self/task/TID. By raw system calls; any
   thread, guard entered. Not for hot paths (some 10 µs). */
#ifndef HOLDFAST_STATE_TASK_H
#define HOLDFAST_STATE_TASK_H

#include <stddef.h>
#include <stdint.h>

#include "format/recording.h"

/* Reads the file `name` (text, NUL-terminated here). Returns its bytes or -errno. */
long task_read(int32_t tid, const char *name, char *buffer, size_t room);

/* Where a thread sleeps. */
struct task_call {
    long number; /* -1: asleep outside of a system call */
    uintptr_t arguments[6], sp, pc;
};

/* Returns 1 and fills it when the thread sleeps, 0 while it runs, -errno when the kernel does not
   say. */
int task_call(int32_t tid, struct task_call *ret);

/* Fills the row's name with what the thread is called (prctl, a write to comm), when it is not
   known and not just the process's. */
void task_name(struct thread_row *row);

#endif
