/*
 * Atomic operations of compiled code: the real operation, with at least the order that was asked
 * for, and the order that it makes (compiled/order.h) around it.
 */
#include <stdbool.h>

#include "compiled/atomic128.h"
#include "compiled/entries.h"
#include "compiled/order.h"

/* clang passes orders of HLE (bits above) with it, and has numbered them as C11 does from the
 * start.
 */
#define ORDER(order) ((order)&0xf)

#define STEP(location, bytes, wanted)                                                              \
    struct order step = {.address = (uintptr_t)(location),                                         \
                         .size = (bytes),                                                          \
                         .memory_order = ORDER(wanted),                                            \
                         .origin = ORIGIN_COMPILED}

#define LOAD(bits)                                                                                 \
    a##bits __tsan_atomic##bits##_load(const volatile a##bits *at, int order)                      \
    {                                                                                              \
        a##bits value;                                                                             \
        if (likely(!race_watched()))                                                               \
            return real_load##bits(at);                                                            \
        STEP(at, sizeof *at, order);                                                               \
        if (!order_load_begin(&step))                                                              \
            return real_load##bits(at);                                                            \
        do                                                                                         \
            value = real_load##bits(at);                                                           \
        while (!order_load_end(&step));                                                            \
        return value;                                                                              \
    }

#define STORE(bits)                                                                                \
    void __tsan_atomic##bits##_store(volatile a##bits *at, a##bits value, int order)               \
    {                                                                                              \
        STEP(at, sizeof *at, order);                                                               \
        bool told = race_watched() && order_store_begin(&step);                                    \
        if (ORDER(order) == __ATOMIC_SEQ_CST)                                                      \
            real_exchange##bits(at, value);                                                        \
        else                                                                                       \
            real_store##bits(at, value);                                                           \
        if (told)                                                                                  \
            order_store_end(&step);                                                                \
    }

#define MODIFY(bits, name)                                                                         \
    a##bits __tsan_atomic##bits##_##name(volatile a##bits *at, a##bits value, int order)           \
    {                                                                                              \
        STEP(at, sizeof *at, order);                                                               \
        bool told = race_watched() && order_modify_begin(&step);                                   \
        a##bits old = real_##name##bits(at, value);                                                \
        if (told)                                                                                  \
            order_modify_end(&step);                                                               \
        return old;                                                                                \
    }

/* weak never fails by chance here: nobody may rely on that it does. */
#define SWAP(bits)                                                                                 \
    static inline __attribute__((always_inline)) bool swap##bits(                                  \
        volatile a##bits *at, a##bits *expected, a##bits value, struct order *step, int failed)    \
    {                                                                                              \
        bool told = race_watched() && order_swap_begin(step, failed);                              \
        bool swapped = real_swap##bits(at, expected, value);                                       \
        if (told)                                                                                  \
            order_swap_end(step, failed, swapped);                                                 \
        return swapped;                                                                            \
    }                                                                                              \
    int __tsan_atomic##bits##_compare_exchange_strong(volatile a##bits *at, a##bits *expected,     \
                                                      a##bits value, int order, int failed)        \
    {                                                                                              \
        STEP(at, sizeof *at, order);                                                               \
        return swap##bits(at, expected, value, &step, ORDER(failed));                              \
    }                                                                                              \
    int __tsan_atomic##bits##_compare_exchange_weak(volatile a##bits *at, a##bits *expected,       \
                                                    a##bits value, int order, int failed)          \
    {                                                                                              \
        STEP(at, sizeof *at, order);                                                               \
        return swap##bits(at, expected, value, &step, ORDER(failed));                              \
    }                                                                                              \
    a##bits __tsan_atomic##bits##_compare_exchange_val(volatile a##bits *at, a##bits expected,     \
                                                       a##bits value, int order, int failed)       \
    {                                                                                              \
        STEP(at, sizeof *at, order);                                                               \
        swap##bits(at, &expected, value, &step, ORDER(failed));                                    \
        return expected;                                                                           \
    }

#define REAL(bits)                                                                                 \
    static inline a##bits real_load##bits(const volatile a##bits *at)                              \
    {                                                                                              \
        return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                              \
    }                                                                                              \
    static inline void real_store##bits(volatile a##bits *at, a##bits value)                       \
    {                                                                                              \
        __atomic_store_n(at, value, __ATOMIC_RELEASE);                                             \
    }                                                                                              \
    static inline a##bits real_exchange##bits(volatile a##bits *at, a##bits value)                 \
    {                                                                                              \
        return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);                                   \
    }                                                                                              \
    static inline bool real_swap##bits(volatile a##bits *at, a##bits *expected, a##bits value)     \
    {                                                                                              \
        return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST,           \
                                           __ATOMIC_SEQ_CST);                                      \
    }
#define REAL_MODIFY(bits, name)                                                                    \
    static inline a##bits real_##name##bits(volatile a##bits *at, a##bits value)                   \
    {                                                                                              \
        return __atomic_##name(at, value, __ATOMIC_SEQ_CST);                                       \
    }

#define EACH_MODIFY(WHAT, bits)                                                                    \
    WHAT(bits, fetch_add)                                                                          \
    WHAT(bits, fetch_sub)                                                                          \
    WHAT(bits, fetch_and) WHAT(bits, fetch_or) WHAT(bits, fetch_xor) WHAT(bits, fetch_nand)
#define ENTRIES(bits)                                                                              \
    LOAD(bits) STORE(bits) MODIFY(bits, exchange) EACH_MODIFY(MODIFY, bits) SWAP(bits)
#define WIDTH(bits) REAL(bits) EACH_MODIFY(REAL_MODIFY, bits) ENTRIES(bits)

WIDTH(8)
WIDTH(16)
WIDTH(32)
WIDTH(64)
ENTRIES(128)

void __tsan_atomic_thread_fence(int order)
{
    struct thread *self = race_watched() ? guard_enter() : NULL;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!self)
        return;
    order_fence(self, ORDER(order));
    guard_leave(self);
}

/* Between a thread and its own handler: the compiler's business alone. */
void __tsan_atomic_signal_fence(int order)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}
