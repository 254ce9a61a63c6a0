#include "state/initialiser.h"

#include "base/memory.h"

struct epochs {
    stamp_t first, last;
};
static struct epochs initialisers[INITIALISERS_MOST];
static uint32_t
    initialiser_count; /* atomic; rows below it are written before it rises or soon after */

stamp_t initialiser_begin(struct thread *self)
{
    vclock_advance(&self->clock);
    return self->clock.now;
}

void initialiser_end(struct thread *self, stamp_t first)
{
    stamp_t last = self->clock.now;
    /* It may have gone on in another slot (2^39 epochs): then only its end is known. */
    if (stamp_slot(first) != stamp_slot(last))
        first = last;
    if (__atomic_load_n(&initialiser_count, __ATOMIC_RELAXED) >= INITIALISERS_MOST)
        return;
    uint32_t row = __atomic_fetch_add(&initialiser_count, 1, __ATOMIC_RELAXED);
    if (row >= INITIALISERS_MOST)
        return;
    initialisers[row].first = first;
    /* Publishes the row: last is 0 until then. Pairs with the acquire in initialiser_had(). */
    __atomic_store_n(&initialisers[row].last, last, __ATOMIC_RELEASE);
    vclock_advance(&self->clock);
}

bool initialiser_had(stamp_t stamp)
{
    uint32_t count = __atomic_load_n(&initialiser_count, __ATOMIC_RELAXED);
    stamp &= STAMP_MASK;
    for (uint32_t i = 0; i < count && i < INITIALISERS_MOST; i++)
        if (__atomic_load_n(&initialisers[i].last, __ATOMIC_ACQUIRE) >= stamp &&
            initialisers[i].first <= stamp && initialisers[i].first)
            return true;
    return false;
}

void initialiser_after_fork(void)
{
    uint32_t count = initialiser_count;
    mem_clear(initialisers,
              (count < INITIALISERS_MOST ? count : INITIALISERS_MOST) * sizeof initialisers[0]);
    initialiser_count = 0;
}
