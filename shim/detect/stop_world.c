#include "detect/stop_world.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <time.h>

#include "base/action.h"
#include "base/memory.h"
#include "base/syscall.h"
#include "state/clock.h"
#include "state/maps.h"
#include "state/moved.h"
#include "state/wait.h"

#define STOP_SIGNAL                                                                                \
    33 /* SIGSETXID: nptl/internaltypes or sysdeps/nptl/internal-signals.h of glibc */
#define TID_LIMIT    (1u << 22) /* PID_MAX_LIMIT, include/linux/threads.h */
#define SLOTS_MAX    65536u
#define ANSWER_LIMIT 2000000000ull /* ns for all threads together */
#define LOOK_AGAIN   10000000l     /* ns between looks at threads that do not answer */
#define LIST_BUFFER  (32u << 10)

static struct {
    struct stopped_thread *slots; /* entries below count are published */
    uint32_t count;
    uint32_t *slot_of_tid; /* index + 1; sparse */
    char *list;            /* LIST_BUFFER bytes */
    uint32_t answers;      /* futex: counts threads that stopped */
    int32_t pid, own_tid;
    bool handling; /* our handler is installed, old is what it replaced */
    bool full;
    struct kernel_action old;
} world;

/* Runs in the thread that is to stop, on its own stack or alternate stack. */
static void on_stop(int signal, siginfo_t *info, void *context)
{
    uint32_t tid = (uint32_t)raw_syscall(SYS_gettid);
    bool ours = info->si_code == SI_QUEUE && info->si_value.sival_ptr == &world;
    uint32_t index =
        tid < TID_LIMIT ? __atomic_load_n(&world.slot_of_tid[tid], __ATOMIC_ACQUIRE) : 0;
    struct stopped_thread *slot = index ? &world.slots[index - 1] : NULL;
    bool asked = slot && __atomic_load_n(&world_stopped, __ATOMIC_SEQ_CST) &&
                 __atomic_load_n(&slot->state, __ATOMIC_RELAXED) == STOP_ASKED;
    if (!ours && !(asked && info->si_code == SI_TKILL && world.old.handler == (void *)SIG_DFL)) {
        if (world.old.handler != (void *)SIG_DFL)
            action_chain(&world.old, signal, info, context);
        return;
    }
    if (!asked)
        return; /* the stop was given up or is over */
    slot->context = context;
    slot->borrowed[0] = rewrite_slots.scratch;
    slot->borrowed[1] = rewrite_slots.rax;
    /* Publishes context. Pairs with the acquire in outstanding(). */
    __atomic_store_n(&slot->state, STOP_STOPPED, __ATOMIC_RELEASE);
    __atomic_fetch_add(&world.answers, 1, __ATOMIC_RELEASE);
    raw_syscall(SYS_futex, &world.answers, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
    while (__atomic_load_n(&world_stopped, __ATOMIC_SEQ_CST))
        raw_syscall(SYS_futex, &world_stopped, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

static long ask(int32_t tid)
{
    siginfo_t info;
    mem_clear(&info, sizeof info);
    info.si_signo = STOP_SIGNAL;
    info.si_code = SI_QUEUE;
    info.si_pid = world.pid;
    info.si_value.sival_ptr = &world;
    long result = raw_syscall(SYS_rt_tgsigqueueinfo, world.pid, tid, STOP_SIGNAL, &info);
    if (result == -11 /* EAGAIN: RLIMIT_SIGPENDING reached */)
        result = raw_syscall(SYS_tgkill, world.pid, tid, STOP_SIGNAL);
    return result;
}

static const struct thread *struct_of(int32_t tid)
{
    const struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE);
    while (t && t->tid != tid)
        t = t->next;
    return t;
}

/* In a wait whose wrapper saved its registers, and asleep: not in a handler on top of the wait. */
static bool rests_in_wait(struct stopped_thread *slot)
{
    /* After the store of world_stopped: see wait_end in state/wait.h. */
    uintptr_t waiting =
        slot->thread ? __atomic_load_n(&slot->thread->waiting, __ATOMIC_SEQ_CST) : 0;
    return waiting && !(waiting & WAITING_INTERRUPTED) && task_call(slot->tid, &slot->call) == 1;
}

/* Returns true for a thread that was not known yet. */
static bool meet(int32_t tid)
{
    if (tid <= 0 || (uint32_t)tid >= TID_LIMIT || tid == world.own_tid || world.slot_of_tid[tid])
        return false;
    if (world.count == SLOTS_MAX) {
        world.full = true;
        return false;
    }
    struct stopped_thread *slot = &world.slots[world.count++];
    slot->tid = tid;
    slot->thread = struct_of(tid);
    __atomic_store_n(&world.slot_of_tid[tid], world.count, __ATOMIC_RELEASE);
    if (rests_in_wait(slot))
        slot->state = STOP_WAITING;
    else if (raw_failed(ask(tid)))
        slot->state = STOP_GONE;
    return true;
}

static int32_t number_at(const char *text)
{
    int32_t value = 0;
    for (; *text >= '0' && *text <= '9' && value < (int32_t)TID_LIMIT; text++)
        value = value * 10 + (*text - '0');
    return *text ? 0 : value;
}

struct directory_entry { /* struct linux_dirent64 */
    uint64_t inode;
    int64_t next;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* Meets every thread of the process; returns how many were new. */
static uint32_t meet_all(void)
{
    uint32_t new = 0;
    int fd = proc_open("/proc/self/task");
    if (fd < 0) { /* no /proc: those that we know ourselves */
        for (struct thread *t = __atomic_load_n(&thread_list, __ATOMIC_ACQUIRE); t; t = t->next)
            if (t->tid && !raw_failed(raw_syscall(SYS_tgkill, world.pid, t->tid, 0)))
                new += meet(t->tid);
        return new;
    }
    long size;
    while ((size = raw_syscall(SYS_getdents64, fd, world.list, LIST_BUFFER)) > 0)
        for (long at = 0; at < size;) {
            struct directory_entry *entry = (struct directory_entry *)(world.list + at);
            new += meet(number_at(entry->name));
            at += entry->length;
        }
    raw_syscall(SYS_close, fd);
    return new;
}

/* State letter of a thread as in /proc/PID/task/TID/stat, 'X' when it is gone, '?' unknown. */
static char state_letter(int32_t tid)
{
    char line[256];
    long size = task_read(tid, "stat", line, sizeof line);
    if (size <= 0)
        return size == -24 /* EMFILE */ ? '?' : 'X';
    char letter = '?';
    for (long i = 0; i + 2 < size; i++) /* behind the last ')': a name may hold one */
        if (line[i] == ')')
            letter = line[i + 2];
    return letter;
}

static bool is_gone(int32_t tid)
{
    if (raw_syscall(SYS_tgkill, world.pid, tid, 0) == -3 /* ESRCH */)
        return true;
    /* An initial thread that called pthread_exit stays as a zombie and takes no signals. */
    char letter = state_letter(tid);
    return letter == 'X' || letter == 'Z' || letter == 'x';
}

/* How many threads have not answered. look: see whether they are still there. */
static uint32_t outstanding(bool look)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < world.count; i++) {
        struct stopped_thread *slot = &world.slots[i];
        uint32_t asked = STOP_ASKED;
        if (__atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) != STOP_ASKED)
            continue;
        if (look && is_gone(slot->tid) &&
            __atomic_compare_exchange_n(&slot->state, &asked, STOP_GONE, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE))
            continue;
        count++;
    }
    return count;
}

static void give_up_on_silent(void)
{
    for (uint32_t i = 0; i < world.count; i++) {
        uint32_t asked = STOP_ASKED;
        __atomic_compare_exchange_n(&world.slots[i].state, &asked, STOP_LOST, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    }
}

static void wait_for_answers(uint64_t deadline)
{
    bool look = false;
    for (;;) {
        uint32_t seen = __atomic_load_n(&world.answers, __ATOMIC_ACQUIRE);
        if (outstanding(look) == 0)
            return;
        if (clock_now() >= deadline) {
            give_up_on_silent();
            return;
        }
        struct timespec pause = {.tv_nsec = LOOK_AGAIN};
        long result = raw_syscall(SYS_futex, &world.answers, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, seen,
                                  &pause, NULL, 0);
        look = result == -110; /* ETIMEDOUT */
    }
}

static bool prepare(void)
{
    if (!world.slots) {
        world.slots = pages_map(SLOTS_MAX * sizeof *world.slots);
        world.slot_of_tid = pages_map(TID_LIMIT * sizeof *world.slot_of_tid);
        world.list = pages_map(LIST_BUFFER);
    }
    if (!world.slots || !world.slot_of_tid || !world.list)
        return false;
    world.pid = (int32_t)raw_syscall(SYS_getpid);
    world.own_tid = (int32_t)raw_syscall(SYS_gettid);
    if (!world.handling &&
        action_install(STOP_SIGNAL, on_stop, SA_RESTART | SA_ONSTACK, &world.old) < 0)
        return false;
    world.handling = true;
    return true;
}

bool stop_world(struct thread *self)
{
    (void)self;
    if (!prepare())
        return false;
    __atomic_store_n(&world_stopped, 1, __ATOMIC_SEQ_CST);
    uint64_t deadline = clock_now() + ANSWER_LIMIT;
    /* A thread that was running may have started another: only when a look finds nobody new after
       all known ones have stopped, is everybody stopped. */
    while (meet_all() && clock_now() < deadline)
        wait_for_answers(deadline);
    return true;
}

const struct stopped_thread *stop_world_threads(uint32_t *ret_count)
{
    *ret_count = world.count;
    return world.slots;
}

void stop_world_end(void)
{
    bool lost = world.full;
    for (uint32_t i = 0; i < world.count; i++) {
        lost |= world.slots[i].state == STOP_LOST;
        __atomic_store_n(&world.slot_of_tid[world.slots[i].tid], 0, __ATOMIC_RELAXED);
    }
    /* A thread that was given up may still get the signal: glibc's handler (or the default action)
       must never see it, so ours stays. The tables stay mapped for the same reason. */
    if (!lost) {
        action_restore(STOP_SIGNAL, &world.old);
        world.handling = false;
    }
    world_resume();
}
