#include "state/kept.h"

struct kept *kept_list;

void kept_add(struct kept *row, const void *pointer)
{
    row->word = (uintptr_t)pointer;
    row->next = __atomic_load_n(&kept_list, __ATOMIC_RELAXED);
    /* Publishes the row. Pairs with the scan's acquire. */
    while (!__atomic_compare_exchange_n(&kept_list, &row->next, row, false, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        ;
}
