#include "state/waiter.h"

#include <sys/syscall.h>

#include "state/task.h"

/* 1 asleep in the object, 0 not, -1 not known. */
static int sleeps(const struct thread *thread, uintptr_t address, size_t size)
{
    struct task_call call;
    int known = task_call(thread->tid, &call);
    if (known <= 0)
        return known;
    return call.number == SYS_futex && call.arguments[0] - address < size;
}

struct waiters waiters_of(const struct thread *self, enum wait_kind kind, uintptr_t address,
                          size_t size, uintptr_t not_with)
{
    struct waiters result = {0};
    for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next) {
        const struct thread_row *row = t->row;
        if (t == self || t->ended || row->wait_object != address ||
            __atomic_load_n(&row->wait_kind, __ATOMIC_ACQUIRE) != kind)
            continue;
        if (not_with && t->wait_mutex == not_with)
            continue;
        uint32_t stack = row->wait_stack;
        uint64_t since = row->wait_since;
        int asleep = sleeps(t, address, size);
        /* The same wait before and after: what the kernel said was said of this one. */
        if (!asleep || __atomic_load_n(&row->wait_kind, __ATOMIC_ACQUIRE) != kind ||
            row->wait_object != address || row->wait_stack != stack)
            continue;
        uint32_t *count = asleep > 0 ? &result.asleep : &result.unsure;
        ++*count;
        if (*count == 1 || since >= result.since) {
            result.thread = t->number;
            result.stack = stack;
            result.since = since;
        }
    }
    return result;
}
