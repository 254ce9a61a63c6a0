/*
 * Threads that libc starts by itself to call a function of the program: timers and message queues
 * with SIGEV_THREAD. libc makes them past pthread_create, so the function that it is given is ours:
 * it begins the thread as any other, ordered after the call that armed it, and sees its end.
 */
#include <mqueue.h>
#include <signal.h>
#include <time.h>

#include "base/memory.h"
#include "detect/deadlock.h"
#include "detect/race.h"
#include "interpose/real.h"
#include "interpose/resources.h"
#include "state/edge.h"
#include "state/kept.h"
#include "state/stack.h"

/* What one timer or queue shall call. Never freed: a thread may be about to begin with it when its
   timer is deleted. */
struct notice {
    void (*function)(union sigval);
    union sigval value;
    struct sync_clock clock;
    uint32_t stack, creator;
    timer_t timer; /* NULL: none */
    struct notice *next;
    struct kept kept; /* value */
};
static struct notice *timers; /* atomic head; rows are only added */

static void ended(void *self)
{
    if (guard_enter()) {
        deadlock_thread_ends(self);
        guard_leave(self);
    }
    thread_finish(self);
}

/* NULL when the thread goes unobserved. libc has freed something on it before, so it was adopted:
   what that takes for known is more than what the thread comes after. */
static struct thread *begin(struct notice *notice)
{
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0;
    struct thread *adopted = thread_current;
    if (!observing.on || (adopted && !(adopted->row->flags & THREAD_ADOPTED)))
        return NULL;
    struct thread *self = thread_create(NULL, notice->stack, THREAD_DETACHED);
    if (!self)
        return NULL;
    self->row->creator = notice->creator;
    self->row->start_routine = (uintptr_t)notice->function;
    thread_begin(self);
    if (adopted)
        thread_discard(adopted);
    if (real.pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &low, &size);
        real.pthread_attr_destroy(&attributes);
        self->row->stack_low = self->stack_low = (uintptr_t)low;
        self->row->stack_high = self->stack_high = (uintptr_t)low + size;
    }
    if (guard_enter()) {
        if (race_watched())
            race_stack_new(self, self->stack_low, self->stack_high);
        edge_acquire(self, &notice->clock);
        guard_leave(self);
    }
    return self;
}

static void notified(union sigval value)
{
    struct notice *notice = value.sival_ptr;
    struct thread *self = begin(notice);
    if (!self) {
        notice->function(notice->value);
        return;
    }
    pthread_cleanup_push(ended, self);
    notice->function(notice->value);
    pthread_cleanup_pop(1);
}

/* ours := event with our function instead of the program's. NULL when there is none, or nothing is
   observed: the event shall be passed on as it is. */
static struct notice *notice_for(const struct sigevent *event, struct sigevent *ours,
                                 const void *frame)
{
    if (!event || event->sigev_notify != SIGEV_THREAD)
        return NULL;
    struct thread *self = guard_enter();
    if (!self)
        return NULL;
    struct notice *made = arena_alloc(sizeof *made);
    if (made) {
        race_threads_begin();
        made->function = event->sigev_notify_function;
        made->value = event->sigev_value;
        kept_add(&made->kept, event->sigev_value.sival_ptr);
        made->stack = stack_here(self, frame);
        made->creator = self->number;
        /* The first such thread is the second of the process: told even while this one is alone. */
        vclock_release_join(&self->clock, &made->clock);
        *ours = *event;
        ours->sigev_notify_function = notified;
        ours->sigev_value.sival_ptr = made;
    }
    guard_leave(self);
    return made;
}

int wrap_timer_create(clockid_t clock, struct sigevent *event, timer_t *ret)
{
    struct sigevent ours;
    struct notice *notice = notice_for(event, &ours, FRAME);
    int result = real.timer_create(clock, notice ? &ours : event, ret);
    if (result == 0)
        resource_made(HANDLE_KIND_TIMER, (uintptr_t)*ret, NULL, FRAME);
    if (result != 0 || !notice)
        return result;
    notice->timer = *ret;
    notice->next = __atomic_load_n(&timers, __ATOMIC_RELAXED);
    /* Publishes the notice. Pairs with the acquire in wrap_timer_settime(). */
    while (!__atomic_compare_exchange_n(&timers, &notice->next, notice, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        ;
    return result;
}

int wrap_timer_settime(timer_t timer, int flags, const struct itimerspec *time,
                       struct itimerspec *ret_old)
{
    struct notice *notice = __atomic_load_n(&timers, __ATOMIC_ACQUIRE);
    while (notice && notice->timer != timer)
        notice = notice->next;
    struct thread *self = notice ? guard_enter() : NULL;
    if (self) {
        vclock_release_join(&self->clock, &notice->clock);
        guard_leave(self);
    }
    return real.timer_settime(timer, flags, time, ret_old);
}

/* Its number may be another timer's from now on. */
int wrap_timer_delete(timer_t timer)
{
    struct notice *notice = __atomic_load_n(&timers, __ATOMIC_ACQUIRE);
    for (; notice; notice = notice->next)
        if (notice->timer == timer) {
            notice->timer = NULL;
            __atomic_store_n(&notice->kept.word, 0, __ATOMIC_RELAXED);
        }
    resource_ends(HANDLE_KIND_TIMER, (uintptr_t)timer, "timer_delete", FRAME);
    return real.timer_delete(timer);
}

int wrap_mq_notify(mqd_t queue, const struct sigevent *event)
{
    struct sigevent ours;
    struct notice *notice = notice_for(event, &ours, FRAME);
    return real.mq_notify(queue, notice ? &ours : event);
}
