/*
 * What takes rights away from the process. A server often drops them right before it makes its
 * threads, and then can no longer open what rewriting needs (shim/rewrite): so that is told first.
 */
#include <unistd.h>

#include "base/syscall.h"
#include "detect/race.h"
#include "interpose/real.h"
#include "interpose/rights.h"
#include "state/thread.h"

void rights_end(void)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    /* A handler may have interrupted the loader, whose modules are looked at. */
    if (!self->handler.signal)
        race_rights_end();
    guard_leave(self);
}

/* (uid_t)-1: it stays what it is. */
static inline void becomes(uid_t user)
{
    if (user != (uid_t)-1 && user != (uid_t)raw_syscall(SYS_geteuid))
        rights_end();
}

int wrap_setuid(uid_t user)
{
    becomes(user);
    return real.setuid(user);
}

int wrap_seteuid(uid_t user)
{
    becomes(user);
    return real.seteuid(user);
}

int wrap_setreuid(uid_t user, uid_t effective)
{
    becomes(effective);
    return real.setreuid(user, effective);
}

int wrap_setresuid(uid_t user, uid_t effective, uid_t saved)
{
    becomes(effective);
    return real.setresuid(user, effective, saved);
}
