#include "detect/thread_misuse.h"

#include <errno.h>

#include "base/recording.h"
#include "report/finding.h"

static int32_t creating;

void thread_misuse_creating(int by)
{
    __atomic_fetch_add(&creating, by, __ATOMIC_SEQ_CST);
}

static void tell(struct thread *self, uint32_t target, const char *called, uint32_t here,
                 const char *what, int error)
{
    struct finding finding;
    finding_begin(&finding, KIND_THREAD_MISUSE, self);
    finding.detail = string_keep(what);
    finding_stack(&finding, ROLE_HERE, here, self->number);
    if (target) {
        const struct thread_row *row = thread_row(target);
        uint32_t flags = __atomic_load_n(&row->flags, __ATOMIC_RELAXED);
        if (flags & (THREAD_JOINED | THREAD_DETACHED))
            finding_stack(&finding, ROLE_SETTLED, row->joined_stack, row->settler);
        finding_stack(&finding, ROLE_CREATED, row->created_stack, row->creator);
        struct evidence_row *who = finding_evidence(&finding, EVIDENCE_THREAD, ROLE_HERE);
        who->thread = target;
        who->a = row->state;
        who->b = flags;
    }
    struct evidence_row *call = finding_evidence(&finding, EVIDENCE_CALL, ROLE_HERE);
    call->string = string_keep(called);
    call->a = (uint64_t)error;
    finding_tell(&finding);
}

bool thread_misuse_before(struct thread *self, uint32_t target, const char *called, uint32_t here)
{
    if (!target || !observing.threads || __atomic_load_n(&creating, __ATOMIC_SEQ_CST))
        return false;
    uint32_t flags = __atomic_load_n(&thread_row(target)->flags, __ATOMIC_RELAXED);
    const char *what = NULL;
    if (flags & THREAD_ADOPTED)
        return false; /* whether it can be joined is not known */
    if (flags & THREAD_JOINED)
        what = "The thread had been joined already; its pthread_t was no longer valid.";
    else if (flags & THREAD_DETACHED)
        what = "The thread was detached; its pthread_t is not valid once it has ended.";
    if (what)
        tell(self, target, called, here, what, 0);
    return what;
}

void thread_misuse_after(struct thread *self, uint32_t target, const char *called, uint32_t here,
                         int error)
{
    if (!observing.threads)
        return;
    if (error == EDEADLK)
        tell(self, target, called, here,
             target == self->number ? "A thread cannot join itself."
                                    : "The two threads join each other, so neither can end.",
             error);
    else if (error == EINVAL && target)
        tell(self, target, called, here, "Another thread was joining it already.", error);
    else if (error == ESRCH)
        tell(self, target, called, here, "There is no such thread.", error);
}
