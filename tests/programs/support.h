/*
 * Waiting without being seen: by raw system calls, so that holdfast sees no wait and learns no
 * order from it. For programs that need two threads (or processes) at certain places at certain
 * times, without sleeping.
 *
 *   static gate opened;                 in shared memory for processes
 *   gate_open(&opened);                 lets everybody through, now and later
 *   gate_wait(&opened);                 until somebody has opened it
 *   gate_wait_count(&arrived, 3);       until gate_open was called three times
 *   wait_until_blocked(tid);            until that thread sleeps in the kernel
 *   say_ready_when_all_sleep(3);        "ready" when 3 threads are left and sleep on futexes
 *
 * in_turn.h has threads that take turns by these.
 */
#ifndef HOLDFAST_TESTS_SUPPORT_H
#define HOLDFAST_TESTS_SUPPORT_H

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#ifndef __cplusplus
#include <stdatomic.h>
#endif
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A system call without libc's wrapper: syscall() is a function that could be watched. */
static inline long support_call(long number, long a, long b, long c, long d)
{
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

typedef int gate;

/* In assembly, and without frame information: compilers tell nobody of it, and code that no frame
   information covers is left as it is where loads and stores are watched. */
__asm__(".pushsection .text.support_gate, \"ax\", @progbits\n"
        ".local support_gate_add\n"
        "support_gate_add:\n"
        "    movl $1, %eax\n"
        "    lock xaddl %eax, (%rdi)\n"
        "    ret\n"
        ".local support_gate_get\n"
        "support_gate_get:\n"
        "    movl (%rdi), %eax\n"
        "    ret\n"
        ".popsection\n");
#ifdef __cplusplus
extern "C" {
#endif
int support_gate_add(gate *gate) __asm__("support_gate_add");
int support_gate_get(const gate *gate) __asm__("support_gate_get");
#ifdef __cplusplus
}
#endif

static inline void gate_open(gate *gate)
{
    support_gate_add(gate);
    support_call(SYS_futex, (long)gate, FUTEX_WAKE, INT_MAX, 0);
}

static inline int gate_now(const gate *gate)
{
    return support_gate_get(gate);
}

static inline void gate_wait_count(gate *gate, int count)
{
    int now;
    while ((now = gate_now(gate)) < count)
        support_call(SYS_futex, (long)gate, FUTEX_WAIT, now, 0);
}

static inline void gate_wait(gate *gate)
{
    gate_wait_count(gate, 1);
}

/* The letter of a thread's state in /proc: R running, S sleeping, Z ended … */
static inline char support_state(int tid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    long fd = support_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0);
    long length = fd < 0 ? 0 : support_call(SYS_read, fd, (long)text, sizeof text - 1, 0);
    if (fd >= 0)
        support_call(SYS_close, fd, 0, 0, 0);
    text[length > 0 ? length : 0] = '\0';
    const char *end = strrchr(text, ')');
    return end && end[1] ? end[2] : 'X';
}

/* Until the thread sleeps in the kernel (or is gone). It must be on its way there without anything
   else to sleep on. D is no such sleep: it waits for a page, or for who changes the mappings. */
static inline void wait_until_blocked(int tid)
{
    for (char state = 'R'; state == 'R' || state == 'D';) {
        state = support_state(tid);
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    }
}

/* Do exactly `threads` threads of process pid live, and do all sleep in a futex call? */
static inline int support_all_sleep(int pid, int threads)
{
    char path[300], text[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    long folder = support_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_DIRECTORY, 0);
    char entries[4096] __attribute__((aligned(8)));
    long size = support_call(SYS_getdents64, folder, (long)entries, sizeof entries, 0);
    int seen = 0, asleep = 0;
    for (long at = 0; at < size; at += *(unsigned short *)(entries + at + 16)) {
        const char *name = entries + at + 19; /* struct linux_dirent64 */
        if (*name == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/wchan", pid, name);
        long fd = support_call(SYS_openat, AT_FDCWD, (long)path, O_RDONLY, 0);
        long length = support_call(SYS_read, fd, (long)text, sizeof text - 1, 0);
        support_call(SYS_close, fd, 0, 0, 0);
        text[length > 0 ? length : 0] = '\0';
        seen++;
        asleep += strstr(text, "futex") != NULL;
    }
    support_call(SYS_close, folder, 0, 0, 0);
    return seen == threads && asleep == threads;
}

/* For programs in which nobody is left to say it: a child, by a raw call that nobody sees, looks at
   them from outside. Call it before there are threads. */
static inline void say_ready_when_all_sleep(int threads)
{
    int parent = (int)support_call(SYS_getpid, 0, 0, 0, 0);
    if (support_call(SYS_fork, 0, 0, 0, 0) != 0)
        return;
    while (!support_all_sleep(parent, threads)) {
        if ((int)support_call(SYS_getppid, 0, 0, 0, 0) != parent)
            support_call(SYS_exit_group, 1, 0, 0, 0);
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    }
    support_call(SYS_write, 1, (long)"ready\n", 6, 0);
    support_call(SYS_exit_group, 0, 0, 0, 0);
}

static inline int support_tid(void)
{
    return (int)support_call(SYS_gettid, 0, 0, 0, 0);
}

#endif
