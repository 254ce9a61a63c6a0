/*
 * What a lock's own memory says: who holds it, by glibc's layout (bits/struct_mutex.h,
 * bits/struct_rwlock.h, nptl/pthread_spin_*.c). What we have seen may be less than what happened;
 * this is what is, so nothing is called certain that it contradicts.
 *
 * Only for locks that the program is just about to use, or has used: reads their memory.
 */
#ifndef HOLDFAST_STATE_LOCK_WORD_H
#define HOLDFAST_STATE_LOCK_WORD_H

#include <stdint.h>

#include "format/tables.h"

enum lock_word {
    LOCK_WORD_UNKNOWN, /* destroyed, or of a sort whose memory does not say */
    LOCK_WORD_FREE,
    LOCK_WORD_TAKEN,
};

struct lock_view {
    enum lock_word word;
    int32_t tid; /* the holder's; 0 = it does not say (readers, spin locks) */
};

struct lock_view lock_word_read(uintptr_t address, enum sync_kind kind);

/* enum sync_flag of the lock's type, as its memory says. */
uint16_t lock_word_flags(uintptr_t address, enum sync_kind kind);

#endif
