#include "state/maybe_order.h"

#include "base/lock.h"
#include "base/memory.h"
#include "format/recording.h"
#include "state/vclock.h"

/* More pairs of threads and findings than these are not noted. */
#define NOTES 1024u

static struct note {
    stamp_t stored, loaded; /* the newest, the oldest */
    struct vclock *known;   /* what the storing thread knew */
    uint32_t by;
    bool made;
} notes[NOTES];                  /* LOCK_MAYBE */
static uint32_t note_count;      /* atomic, grows under the lock */
static uint16_t followed[NOTES]; /* LOCK_MAYBE: too much for a small stack */

static bool same_slots(const struct note *note, stamp_t stored, stamp_t loaded)
{
    return stamp_slot(note->stored) == stamp_slot(stored) &&
           stamp_slot(note->loaded) == stamp_slot(loaded);
}

/* LOCK_MAYBE held. */
static struct note *note_for(stamp_t stored, stamp_t loaded, uint32_t by)
{
    for (uint32_t i = 0; i < note_count; i++)
        if (notes[i].by == by && same_slots(&notes[i], stored, loaded))
            return &notes[i];
    if (note_count == NOTES)
        return NULL;
    notes[note_count] = (struct note){.stored = stored, .loaded = loaded, .by = by};
    __atomic_store_n(&note_count, note_count + 1, __ATOMIC_RELEASE);
    return &notes[note_count - 1];
}

void maybe_order_add(stamp_t stored, stamp_t loaded, uint32_t by)
{
    struct vclock *old = NULL;
    stored &= STAMP_MASK;
    loaded &= STAMP_MASK;
    lock_take(LOCK_MAYBE);
    struct note *note = note_for(stored, loaded, by);
    if (note && (!note->made || note->stored < stored)) {
        old = note->known;
        note->known = vclock_seen(stored);
        note->made = true;
        note->stored = stored;
    }
    if (note && loaded < note->loaded)
        note->loaded = loaded;
    lock_give(LOCK_MAYBE);
    vclock_let_go(old);
}

/* Notes of flags that were not seen: the oldest make room. */
#define UNSEEN 128u
static uint16_t unseen[UNSEEN]; /* LOCK_MAYBE */
static uint32_t unseen_count;

/* LOCK_MAYBE held. NULL: there is no room. */
static struct note *note_unseen(void)
{
    uint32_t i = unseen_count % UNSEEN;
    if (unseen_count < UNSEEN) {
        if (note_count == NOTES)
            return NULL;
        unseen[i] = (uint16_t)note_count;
        notes[note_count] = (struct note){.by = MAYBE_UNSEEN};
        __atomic_store_n(&note_count, note_count + 1, __ATOMIC_RELEASE);
    }
    unseen_count++;
    return &notes[unseen[i]];
}

void maybe_order_lent(struct thread *self, stamp_t lent)
{
    stamp_t others[32];
    uint32_t count = vclock_knowing(lent, others, sizeof others / sizeof others[0]);
    if (self->clock.now == lent)
        vclock_advance(&self->clock);
    for (uint32_t i = 0; i < count; i++) {
        struct vclock *known = vclock_seen(others[i]), *old = known;
        lock_take(LOCK_MAYBE);
        struct note *note = note_unseen();
        if (note) {
            old = note->known;
            *note = (struct note){.stored = others[i] & STAMP_MASK,
                                  .loaded = self->clock.now,
                                  .known = known,
                                  .by = MAYBE_UNSEEN,
                                  .made = true};
        }
        lock_give(LOCK_MAYBE);
        vclock_let_go(old);
    }
}

/* Is the epoch of stamp before the note's store, in the true order? */
static bool is_before(const struct note *note, stamp_t stamp)
{
    if (stamp_slot(stamp) == stamp_slot(note->stored))
        return (stamp & STAMP_MASK) <= note->stored;
    return vclock_has(note->known, stamp);
}

/* LOCK_MAYBE held: the notes whose loads are before self in the second order, listed. */
static uint32_t follow(const struct thread *self, uint16_t list[NOTES])
{
    uint64_t reached[NOTES / 64] = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < note_count; i++)
        if (vclock_knows(&self->clock, notes[i].loaded)) {
            reached[i / 64] |= 1ull << i % 64;
            list[count++] = (uint16_t)i;
        }
    for (uint32_t k = 0; k < count; k++)
        for (uint32_t i = 0; i < note_count; i++)
            if (!(reached[i / 64] >> i % 64 & 1) && is_before(&notes[list[k]], notes[i].loaded)) {
                reached[i / 64] |= 1ull << i % 64;
                list[count++] = (uint16_t)i;
            }
    return count;
}

uint32_t maybe_order_find(const struct thread *self, stamp_t earlier, uint32_t by[MAYBE_MOST])
{
    uint32_t count = 0;
    if (!__atomic_load_n(&note_count, __ATOMIC_ACQUIRE))
        return 0;
    lock_take(LOCK_MAYBE);
    uint32_t reached = follow(self, followed);
    for (uint32_t i = 0; i < reached && count < MAYBE_MOST; i++)
        if (is_before(&notes[followed[i]], earlier))
            by[count++] = notes[followed[i]].by;
    lock_give(LOCK_MAYBE);
    return count;
}

void maybe_order_after_fork(void)
{
    /* Vectors of before are of another world. */
    note_count = unseen_count = 0;
}
