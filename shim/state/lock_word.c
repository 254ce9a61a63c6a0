#include "state/lock_word.h"

#include <pthread.h>

#include "state/sync.h"

/* Bits of __kind (nptl/pthreadP.h). */
#define KIND_TYPE         3u /* 0 normal, 1 recursive, 2 error checking, 3 adaptive */
#define KIND_ROBUST       0x10u
#define KIND_PRIO_INHERIT 0x20u
#define KIND_PRIO_PROTECT 0x40u
#define KIND_SHARED       0x80u
#define KIND_ELISION      0x100u
#define KIND_ALL          0x3ffu /* 0x200: no elision */
#define PRIO_CEILING      0xfff80000u

static struct lock_view mutex_view(const pthread_mutex_t *mutex)
{
    uint32_t kind = (uint32_t)__atomic_load_n(&mutex->__data.__kind, __ATOMIC_RELAXED);
    uint32_t word = (uint32_t)__atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED);
    int32_t owner = __atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED);
    if (kind & KIND_ELISION || kind > KIND_ALL) /* -1: destroyed */
        return (struct lock_view){LOCK_WORD_UNKNOWN, 0};
    if (kind & KIND_PRIO_PROTECT)
        word &= ~PRIO_CEILING;
    /* Owners that ended leave marks above INT_MAX. */
    return word
               ? (struct lock_view){LOCK_WORD_TAKEN, owner > 0 && owner < INT32_MAX - 1 ? owner : 0}
               : (struct lock_view){LOCK_WORD_FREE, 0};
}

/* __readers: bit 0 write phase, bit 1 write-locked, readers from bit 3 (pthread_rwlock_common.c).
 */
static struct lock_view rwlock_view(const pthread_rwlock_t *lock)
{
    uint32_t readers = __atomic_load_n(&lock->__data.__readers, __ATOMIC_RELAXED);
    int32_t writer = __atomic_load_n(&lock->__data.__cur_writer, __ATOMIC_RELAXED);
    if (readers & 2)
        return (struct lock_view){LOCK_WORD_TAKEN, writer};
    return (struct lock_view){readers >> 3 ? LOCK_WORD_TAKEN : LOCK_WORD_FREE, 0};
}

struct lock_view lock_word_read(uintptr_t address, enum sync_kind kind)
{
    if (kind == SYNC_MUTEX)
        return mutex_view((const pthread_mutex_t *)address);
    if (kind == SYNC_RWLOCK)
        return rwlock_view((const pthread_rwlock_t *)address);
    if (kind == SYNC_SPIN)
        return (struct lock_view){__atomic_load_n((const int *)address, __ATOMIC_RELAXED) == 1
                                      ? LOCK_WORD_FREE
                                      : LOCK_WORD_TAKEN,
                                  0};
    return (struct lock_view){LOCK_WORD_UNKNOWN, 0};
}

uint16_t lock_word_flags(uintptr_t address, enum sync_kind kind)
{
    uint32_t flags = 0;
    if (kind == SYNC_RWLOCK)
        flags = ((const pthread_rwlock_t *)address)->__data.__shared ? SYNC_SHARED : 0;
    if (kind != SYNC_MUTEX)
        return (uint16_t)flags;
    uint32_t bits = (uint32_t)((const pthread_mutex_t *)address)->__data.__kind;
    if (bits > KIND_ALL)
        return 0;
    flags = (bits & KIND_TYPE) == 1   ? SYNC_RECURSIVE
            : (bits & KIND_TYPE) == 2 ? SYNC_ERROR_CHECKING
                                      : 0;
    flags |= bits & KIND_ROBUST ? SYNC_ROBUST : 0;
    flags |= bits & KIND_SHARED ? SYNC_SHARED : 0;
    return (uint16_t)flags;
}
