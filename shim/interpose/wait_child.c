/* Waiting for children. */
#include "interpose/access.h"
#include "interpose/blocking.h"
#include "state/child.h"

/* It will not be met as left behind. */
static void waited_for(pid_t pid)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    child_gone(pid);
    guard_leave(self);
}

/* Stopped, or going on again: still there to be waited for. */
static inline bool ended(const int *status)
{
    return !status || WIFEXITED(*status) || WIFSIGNALED(*status);
}

/* came: a child was found; then what it filled in is told. gone: its pid, when it has ended. */
#define CHILD(blocks, call, came, gone, filled_in)                                                 \
    do {                                                                                           \
        struct thread *waiter =                                                                    \
            (blocks) ? blocking_begin(WAIT_CHILD, 0, WAIT_FOREVER, FRAME) : NULL;                  \
        __typeof__(call) result = call;                                                            \
        if (likely(waiter))                                                                        \
            wait_end(waiter, came);                                                                \
        if (came)                                                                                  \
            waited_for(gone);                                                                      \
        if (access_watched() && (came)) {                                                          \
            filled_in;                                                                             \
        }                                                                                          \
        return result;                                                                             \
    } while (0)

static inline pid_t gone_of(const siginfo_t *info, int flags)
{
    bool end = info && (info->si_code == CLD_EXITED || info->si_code == CLD_KILLED ||
                        info->si_code == CLD_DUMPED);
    return end && !(flags & WNOWAIT) ? info->si_pid : 0;
}

#define BLOCKS     (!(flags & WNOHANG))
#define FILLED(at) WRITES(at, sizeof *(at))
#define GONE       (ended(status) ? result : 0)

pid_t wrap_wait(int *status)
{
    CHILD(true, real.wait(status), result > 0, GONE, FILLED(status));
}

pid_t wrap___wait(int *status)
{
    CHILD(true, real.__wait(status), result > 0, GONE, FILLED(status));
}

pid_t wrap_waitpid(pid_t pid, int *status, int flags)
{
    CHILD(BLOCKS, real.waitpid(pid, status, flags), result > 0, GONE, FILLED(status));
}

pid_t wrap___waitpid(pid_t pid, int *status, int flags)
{
    CHILD(BLOCKS, real.__waitpid(pid, status, flags), result > 0, GONE, FILLED(status));
}

pid_t wrap_wait3(int *status, int flags, struct rusage *usage)
{
    CHILD(BLOCKS, real.wait3(status, flags, usage), result > 0, GONE, FILLED(status);
          FILLED(usage));
}

pid_t wrap_wait4(pid_t pid, int *status, int flags, struct rusage *usage)
{
    CHILD(BLOCKS, real.wait4(pid, status, flags, usage), result > 0, GONE, FILLED(status);
          FILLED(usage));
}

/* Filled in (with zeros) where there was none yet, too. */
int wrap_waitid(idtype_t type, id_t id, siginfo_t *info, int flags)
{
    CHILD(BLOCKS, real.waitid(type, id, info, flags), result == 0, gone_of(info, flags),
          FILLED(info));
}
