/* Atomic operations on 16 bytes, all by cmpxchg16b: gcc would call libatomic. Loads of memory that
   may not be written fault, as libatomic's do. Addresses are multiples of 16. */
#ifndef HOLDFAST_COMPILED_ATOMIC128_H
#define HOLDFAST_COMPILED_ATOMIC128_H

#include <stdbool.h>

#include "compiled/entries.h"

union halves {
    a128 whole;
    uint64_t half[2];
};

static inline bool real_swap128(volatile a128 *at, a128 *expected, a128 value)
{
    bool swapped;
    union halves old = {.whole = *expected}, new = {.whole = value};
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(swapped), "+m"(*at), "+a"(old.half[0]), "+d"(old.half[1])
                     : "b"(new.half[0]), "c"(new.half[1])
                     : "memory");
    *expected = old.whole;
    return swapped;
}

static inline a128 real_load128(const volatile a128 *at)
{
    a128 value = 0;
    real_swap128((volatile a128 *)at, &value, 0);
    return value;
}

#define MODIFY128(name, new)                                                                       \
    static inline a128 real_##name##128(volatile a128 * at, a128 value)                            \
    {                                                                                              \
        a128 old = 0;                                                                              \
        while (!real_swap128(at, &old, new))                                                       \
            ;                                                                                      \
        return old;                                                                                \
    }
MODIFY128(exchange, value)
MODIFY128(fetch_add, old + value)
MODIFY128(fetch_sub, old - value)
MODIFY128(fetch_and, old &value)
MODIFY128(fetch_or, old | value)
MODIFY128(fetch_xor, old ^ value)
MODIFY128(fetch_nand, ~(old &value))

static inline void real_store128(volatile a128 *at, a128 value)
{
    real_exchange128(at, value);
}

#endif
