#include "state/signal_clock.h"

#include "base/memory.h"

#define ENTRIES 1024u

static struct sync_clock clocks[ENTRIES];

static struct sync_clock *clock_of(uint32_t target, int signal)
{
    return &clocks[(target * 67u + (uint32_t)signal) % ENTRIES];
}

/* Is there anybody to order with, and may edges be made? */
static bool counts(const struct thread *self)
{
    return self->clock.now && !self->ignore_sync;
}

void signal_sent(struct thread *self, uint32_t target, int signal)
{
    if (counts(self))
        vclock_release_join(&self->clock, clock_of(target, signal));
}

void signal_met(struct thread *self, int signal)
{
    if (!counts(self))
        return;
    vclock_acquire(&self->clock, clock_of(0, signal));
    vclock_acquire(&self->clock, clock_of(self->number, signal));
}
