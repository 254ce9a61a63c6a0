/* What test_tools_own_order.c looks at: one file, built with one of these defined, or none. */
int atomics_test(int *word, int value);

#ifdef ORDER_BY_LOCK
int atomics_test(int *word, int value)
{
    return __atomic_fetch_add(word, value, __ATOMIC_RELAXED);
}
#elif defined ORDER_BY_EXCHANGE
int atomics_test(int *word, int value)
{
    return __atomic_exchange_n(word, value, __ATOMIC_RELAXED);
}
#elif defined ORDER_BY_TYPE
#include <stdatomic.h>
static _Atomic int ready;
int atomics_test(int *word, int value)
{
    atomic_store_explicit(&ready, value, memory_order_release);
    return *word;
}
#else
/* -16(%rbp) and the like hold bytes that look like a lock prefix; xchg between registers locks
   nothing. */
int atomics_test(int *word, int value)
{
    int volatile room[8] = {value};
    __asm__ volatile("xchg %%ax, %%ax; xchg %%eax, %0; movl $0xf0, -0x10(%%rsp)"
                     : "+r"(value)
                     :
                     : "eax", "memory");
    return *word + room[3] + value;
}
#endif
