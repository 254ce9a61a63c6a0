/*
 * Setting the mask of a thread. Standing signals (state/signals.h) never get into the kernel's; the
 * thread keeps which of them it has blocked, and sees the mask that it set. Where there are none,
 * all of this only passes on.
 */
#include "interpose/access.h"
#include "state/signals.h"
#include "state/thread.h"

#define WORD(set) ((set)->__val[0])

static int set_mask(__typeof__(sigprocmask) *call, int how, const sigset_t *set, sigset_t *ret_old)
{
    if (likely(!signals_standing))
        return call(how, set, ret_old);
    struct thread *self = thread_current;
    uint64_t blocked = self ? self->blocked : 0, wanted = set ? WORD(set) : 0;
    sigset_t real_set;
    if (set) {
        real_set = *set; /* both may be the same */
        WORD(&real_set) = signals_mask(wanted);
    }
    int result = call(how, set ? &real_set : NULL, ret_old);
    if (result != 0)
        return result;
    if (ret_old)
        WORD(ret_old) |= blocked;
    signals_mask_set(self, how, set ? &wanted : NULL);
    return 0;
}

/* What the kernel takes of a set, and gives: 8 bytes. */
static void told(const sigset_t *set, const sigset_t *old, int result, const void *frame)
{
    size_t size = result == 0 ? sizeof WORD(set) : 0;
    access_copy_part(old, size, set, size, frame);
}

int wrap_sigprocmask(int how, const sigset_t *set, sigset_t *ret_old)
{
    int result = set_mask(real.sigprocmask, how, set, ret_old);
    if (access_watched())
        told(set, ret_old, result, FRAME);
    return result;
}

int wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *ret_old)
{
    int result = set_mask(real.pthread_sigmask, how, set, ret_old);
    if (access_watched())
        told(set, ret_old, result, FRAME);
    return result;
}

/* The older calls have masks of 32 bits, the first 32 signals. */
static int set_old_mask(int (*call)(int), int how, int mask)
{
    uint64_t wanted = (uint32_t)mask;
    struct thread *self = thread_current;
    uint64_t blocked = self ? self->blocked : 0;
    int before = call((int)signals_mask(wanted)) | (int)blocked;
    signals_mask_set(self, how, &wanted);
    return before;
}

int wrap_sigblock(int mask)
{
    return set_old_mask(real.sigblock, SIG_BLOCK, mask);
}

int wrap_sigsetmask(int mask)
{
    return set_old_mask(real.sigsetmask, SIG_SETMASK, mask);
}

/* One signal alone. */
static int hold(int (*call)(int), int how, int signal)
{
    if (!signals_stands(signal))
        return call(signal);
    uint64_t set = SIGNAL_BIT(signal);
    signals_mask_set(thread_current, how, &set);
    return 0;
}

int wrap_sighold(int signal)
{
    return hold(real.sighold, SIG_BLOCK, signal);
}

int wrap_sigrelse(int signal)
{
    return hold(real.sigrelse, SIG_UNBLOCK, signal);
}

int wrap_sigpending(sigset_t *set)
{
    int result = real.sigpending(set);
    struct thread *self = thread_current;
    if (result == 0 && self)
        WORD(set) |= __atomic_load_n(&self->blocked_waiting, __ATOMIC_RELAXED) & self->blocked;
    if (access_watched())
        told(NULL, set, result, FRAME);
    return result;
}
