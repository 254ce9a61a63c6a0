#include "detect/race_benign.h"

#include "base/memory.h"
#include "detect/race.h"

/* Ranges are only added; one that is forgotten has end = 0 and may be taken again. */
struct range {
    uintptr_t start, end; /* atomic */
    struct range *next;
};
static struct range *ranges; /* atomic head */

void race_benign(struct thread *self, uintptr_t address, size_t size)
{
    (void)self;
    uintptr_t none = 0;
    for (struct range *at = __atomic_load_n(&ranges, __ATOMIC_ACQUIRE); at; at = at->next)
        if (at->start == address && __atomic_load_n(&at->end, __ATOMIC_RELAXED) == address + size)
            return;
    for (struct range *at = __atomic_load_n(&ranges, __ATOMIC_ACQUIRE); at; at = at->next)
        if (__atomic_compare_exchange_n(&at->end, &none, 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
            at->start = address;
            __atomic_store_n(&at->end, address + size, __ATOMIC_RELEASE);
            return;
        } else {
            none = 0;
        }
    struct range *made = arena_alloc(sizeof *made);
    if (!made)
        return;
    made->start = address;
    made->end = address + size;
    made->next = __atomic_load_n(&ranges, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&ranges, &made->next, made, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        ;
}

bool race_is_benign(uintptr_t address, uint64_t size)
{
    for (struct range *at = __atomic_load_n(&ranges, __ATOMIC_ACQUIRE); at; at = at->next)
        if (address < __atomic_load_n(&at->end, __ATOMIC_ACQUIRE) && address + size > at->start)
            return true;
    return false;
}

void race_benign_forget(uintptr_t start, uintptr_t end)
{
    for (struct range *at = __atomic_load_n(&ranges, __ATOMIC_ACQUIRE); at; at = at->next)
        if (at->end > 1 && start < at->end && end > at->start)
            __atomic_store_n(&at->end, 0, __ATOMIC_RELEASE);
}
