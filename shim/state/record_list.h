/*
 * Short lists of records that belong to one granule, for granules whose records change with each
 * epoch: the two fields of a queue's granule that two threads write in turn. Used by the race
 * engine through record_set_change() (state/record_set.h), which says when.
 *
 * The naive model: every granule with more records than cells has such a list. But a list costs a
 * granule of its own, so granules that look alike share a set, lists may take three quarters of the
 * room that sets have, and what does not fit a list is a set.
 *
 * A list is read, changed and dropped by whoever holds its granule's lock (state/shadow.h). Making
 * and dropping take a word lock, nothing under it but LOCK_SHADOW; most go without, because a
 * thread keeps a few lists that it dropped for the next ones that it makes.
 */
#ifndef HOLDFAST_STATE_RECORD_LIST_H
#define HOLDFAST_STATE_RECORD_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "state/held.h"

/* One remembered access: cell as in the shadow, and where it was made. */
struct record {
    uint64_t cell;
    context_t context;
};

#define RECORD_LIST_MAX 21u

/* A link to a list, in the second cell of its granule: not to a set. */
#define LINK_LIST (1ull << 50)

/* The link to a new list of these records (at most RECORD_LIST_MAX); 0 when there is no room. */
uint64_t record_list_make(const struct record *records, uint32_t count);

/* The list becomes these records; false when they do not fit it: too many, or so few that it is a
   waste of room. */
bool record_list_change(uint64_t link, const struct record *records, uint32_t count);

/* A list as it lies in memory: 32, 64, 128 or 256 bytes, with room for 2, 5, 10 or 21 records. */
#define RECORD_LIST_SIZES 4u
#define LINK_SIZE_SHIFT   48u
#define RECORD_LIST_UNIT  32u
struct record_list {
    uint32_t count; /* in a free one: the next free */
    struct __attribute__((packed, aligned(4))) {
        uint64_t cell;
        context_t context;
    } record[];
};
extern unsigned char *record_list_units __attribute__((visibility("hidden")));
static inline struct record_list *record_list_of(uint64_t link)
{
    return (struct record_list *)(record_list_units + (uint64_t)(uint32_t)link * RECORD_LIST_UNIT);
}
static inline uint32_t record_list_size(uint64_t link)
{
    return link >> LINK_SIZE_SHIFT & (RECORD_LIST_SIZES - 1);
}
static inline uint32_t record_list_room(uint64_t link)
{
    return ((RECORD_LIST_UNIT << record_list_size(link)) - 4) / 12;
}
/* Would a list two sizes shorter do as well? */
static inline bool record_list_wastes(uint64_t link, uint32_t count)
{
    return unlikely(record_list_size(link) > 1) && unlikely(count * 4 < record_list_room(link));
}

/* Another list with the same records, and room for one more; 0 when there is none. That one is
   dropped. */
uint64_t record_list_longer(uint64_t link);

/* Room for RECORD_LIST_MAX; how many there are. */
uint32_t record_list_read(uint64_t link, struct record *ret_records);

void record_list_drop(uint64_t link);

/* Bytes of lists in use, or kept by threads. Atomic. */
extern uint64_t record_list_bytes;

/* The lists that the thread keeps are free for all. */
struct thread;
void record_list_give_back(struct thread *thread);

void record_list_after_fork(void);

#endif
