#include "state/child.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/lock.h"
#include "base/memory.h"
#include "base/syscall.h"

#define ROWS_FIRST 64u        /* a power of two; at most half of the rows are used */
#define ROWS_MOST  (1u << 20) /* more children than that at once are not kept */

/* Open addressing by pid. Private; a fork's child starts with none. */
static struct child *rows;
static uint32_t capacity, used, made;

static struct child *slot_of(struct child *table, uint32_t size, int32_t pid)
{
    uint32_t slot = (uint32_t)pid * 2654435769u & (size - 1);
    while (table[slot].pid && table[slot].pid != pid)
        slot = (slot + 1) & (size - 1);
    return &table[slot];
}

enum child_state child_state_of(int32_t pid, int *ret_status, bool *ret_signalled)
{
    siginfo_t info;
    mem_clear(&info, sizeof info);
    long result = raw_syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT, NULL);
    if (result == -ECHILD)
        return CHILD_GONE;
    if (raw_failed(result) || info.si_pid != pid)
        return CHILD_RUNS;
    *ret_status = info.si_status;
    *ret_signalled = info.si_code != CLD_EXITED;
    return CHILD_ZOMBIE;
}

/* Into a table that fits those that are still there: calls that we do not see wait for children
   too. */
static bool make_room(void)
{
    uint32_t left = 0;
    int status;
    bool signalled;
    for (uint32_t i = 0; i < capacity; i++) {
        if (rows[i].pid <= 0)
            continue;
        if (child_state_of(rows[i].pid, &status, &signalled) == CHILD_GONE)
            rows[i].pid = -1;
        else
            left++;
    }
    uint32_t size = ROWS_FIRST;
    while (size <= left * 4)
        size *= 2;
    struct child *table = size <= ROWS_MOST ? pages_map(size * sizeof *table) : NULL;
    if (!table)
        return false;
    for (uint32_t i = 0; i < capacity; i++)
        if (rows[i].pid > 0)
            *slot_of(table, size, rows[i].pid) = rows[i];
    if (rows)
        pages_unmap(rows, capacity * sizeof *rows);
    rows = table;
    capacity = size;
    used = left;
    return true;
}

void child_born(struct thread *self, int32_t pid, uint32_t stack)
{
    lock_take(LOCK_CHILDREN);
    made++;
    if (used * 2 < capacity || make_room()) {
        struct child *row = slot_of(rows, capacity, pid);
        used += !row->pid;
        *row = (struct child){
            .pid = pid, .stack = stack, .thread = self->number, .waits = self->waits};
    }
    lock_give(LOCK_CHILDREN);
}

/* Rows behind the freed one move up, so that a search never ends too early. */
static void take_out(struct child *row)
{
    uint32_t hole = (uint32_t)(row - rows), mask = capacity - 1;
    rows[hole].pid = 0;
    used--;
    for (uint32_t at = (hole + 1) & mask; rows[at].pid; at = (at + 1) & mask) {
        struct child moving = rows[at];
        rows[at].pid = 0;
        *slot_of(rows, capacity, moving.pid) = moving;
    }
}

void child_gone(int32_t pid)
{
    if (!__atomic_load_n(&used, __ATOMIC_RELAXED))
        return;
    lock_take(LOCK_CHILDREN);
    struct child *row = capacity ? slot_of(rows, capacity, pid) : NULL;
    if (row && row->pid)
        take_out(row);
    lock_give(LOCK_CHILDREN);
}

uint32_t child_count(void)
{
    return __atomic_load_n(&made, __ATOMIC_RELAXED);
}

void child_each(void (*visit)(const struct child *child, void *with), void *with)
{
    lock_take(LOCK_CHILDREN);
    for (uint32_t i = 0; i < capacity; i++)
        if (rows[i].pid > 0)
            visit(&rows[i], with);
    lock_give(LOCK_CHILDREN);
}

void child_after_fork(void)
{
    if (rows)
        pages_unmap(rows, capacity * sizeof *rows);
    rows = NULL;
    capacity = used = made = 0;
}
