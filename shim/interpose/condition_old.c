/*
 * Conditions of binaries made before glibc 2.3.2. libc keeps them as functions of the same names
 * with another version: the program's pthread_cond_t is only a pointer to today's kind, which the
 * first use allocates. A binary that asks for these must get these behind us too, the whole family.
 */
#include "interpose/condition.h"

/* OLD(name, arguments): old_NAME has the symbol NAME@GLIBC_2.2.5 (symbols.map). */
#define OLD(name, ...)                                                                             \
    __asm__(".symver old_" #name ", " #name "@GLIBC_2.2.5, remove");                               \
    int old_##name(__VA_ARGS__) __attribute__((visibility("default")));                            \
    static __typeof__(old_##name) *real_##name(void)                                               \
    {                                                                                              \
        static void *found;                                                                        \
        void *known = __atomic_load_n(&found, __ATOMIC_RELAXED);                                   \
        if (unlikely(!known)) {                                                                    \
            known = dlvsym(RTLD_NEXT, #name, "GLIBC_2.2.5");                                       \
            __atomic_store_n(&found, known, __ATOMIC_RELAXED);                                     \
        }                                                                                          \
        return known;                                                                              \
    }                                                                                              \
    int old_##name(__VA_ARGS__)

OLD(pthread_cond_init, void *cond, const pthread_condattr_t *attr)
{
    condition_initialising(cond, CONDITION_OLD, FRAME);
    int error = real_pthread_cond_init()(cond, attr);
    if (error == 0)
        condition_initialised(cond, false, FRAME);
    return error;
}

OLD(pthread_cond_destroy, void *cond)
{
    condition_destroying(cond, CONDITION_OLD, FRAME);
    return real_pthread_cond_destroy()(cond);
}

OLD(pthread_cond_wait, void *cond, pthread_mutex_t *mutex)
{
    CONDITION_WAIT(cond, mutex, CONDITION_OLD, WAIT_FOREVER, real_pthread_cond_wait()(cond, mutex),
                   result == 0);
}

OLD(pthread_cond_timedwait, void *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
    CONDITION_WAIT(cond, mutex, CONDITION_OLD, deadline_at(CLOCK_REALTIME, until),
                   real_pthread_cond_timedwait()(cond, mutex, until), result == 0);
}

OLD(pthread_cond_signal, void *cond)
{
    condition_signal(cond, false, CONDITION_OLD, FRAME);
    return real_pthread_cond_signal()(cond);
}

OLD(pthread_cond_broadcast, void *cond)
{
    condition_signal(cond, true, CONDITION_OLD, FRAME);
    return real_pthread_cond_broadcast()(cond);
}
