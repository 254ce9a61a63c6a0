/*
 * Handlers for the end of the process and for fork: what the registering thread did before is
 * ordered before the handler, whichever thread runs it. While there was but one thread everything
 * it did is known to all later ones, and registrations are passed on as they are; that is when most
 * are made.
 */
#include "interpose/registration.h"

#include "base/memory.h"
#include "interpose/real.h"
#include "state/edge.h"
#include "state/kept.h"
#include "state/process.h"

/* One handler. Never freed: some are registered and never run. */
struct handler_at_exit {
    void (*with_argument)(void *);
    void (*with_status)(int, void *);
    void *argument;
    struct sync_clock clock;
    struct kept kept; /* argument */
};

/* NULL: register it as it is. */
static struct handler_at_exit *registered(void *argument)
{
    struct thread *self = vclock_alone() ? NULL : guard_enter();
    if (!self)
        return NULL;
    struct handler_at_exit *made = arena_alloc(sizeof *made);
    if (made) {
        made->argument = argument;
        kept_add(&made->kept, argument);
        edge_release(self, &made->clock);
    }
    guard_leave(self);
    return made;
}

static void begins(struct handler_at_exit *handler)
{
    process_told_to_end(0);
    struct thread *self = guard_enter();
    if (!self)
        return;
    edge_acquire(self, &handler->clock);
    guard_leave(self);
}

static void run(void *argument)
{
    struct handler_at_exit *handler = argument;
    begins(handler);
    handler->with_argument(handler->argument);
}

static void run_with_status(int status, void *argument)
{
    struct handler_at_exit *handler = argument;
    begins(handler);
    handler->with_status(status, handler->argument);
}

/* atexit and destructors of static variables come here: they are linked into each module. */
int wrap___cxa_atexit(void (*function)(void *), void *argument, void *module)
{
    struct handler_at_exit *handler = registered(argument);
    if (!handler)
        return real.__cxa_atexit(function, argument, module);
    handler->with_argument = function;
    return real.__cxa_atexit(run, handler, module);
}

int wrap_on_exit(void (*function)(int, void *), void *argument)
{
    struct handler_at_exit *handler = registered(argument);
    if (!handler)
        return real.on_exit(function, argument);
    handler->with_status = function;
    return real.on_exit(run_with_status, handler);
}

static void exit_begins(int status, void *unused)
{
    process_told_to_end(0);
}

/* Handlers run in the reverse of their order: those that are registered later are seen to begin
   themselves, by begins(), and those of before come after this one. */
void registration_first_thread(void)
{
    static uint32_t registered_ours;
    if (!__atomic_exchange_n(&registered_ours, 1, __ATOMIC_RELAXED))
        real.on_exit(exit_begins, NULL);
}

/* Handlers of fork have no argument of their own: one clock for all. */
static struct sync_clock fork_handlers;

int wrap___register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                           void *module)
{
    struct thread *self = vclock_alone() ? NULL : guard_enter();
    if (self) {
        edge_release(self, &fork_handlers);
        guard_leave(self);
    }
    return real.__register_atfork(prepare, parent, child, module);
}

void registration_fork_begins(void)
{
    struct thread *self = vclock_alone() ? NULL : guard_enter();
    if (!self)
        return;
    edge_acquire(self, &fork_handlers);
    guard_leave(self);
}
