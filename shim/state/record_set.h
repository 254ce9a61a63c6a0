/*
 * Sets of records for granules that have more than fit their cells: three threads that read the
 * same word, a struct whose bytes were written in eight places.
 *
 * The naive model: each granule has a list of its own. Here equal sets are kept once, because the
 * granules of an array that several threads read have equal ones; a set never changes. Each
 * granule that names a set has a reference. Past the limit (state/shadow.h) the oldest sets go,
 * with references: a link says which generation of the set it means, and reads as empty when that
 * is gone. What went is counted. A set that one granule alone had, and that changes, becomes a list
 * (state/record_list.h): it will change again.
 *
 * Sets lie in shards by hash, each with a lock of its own (a word lock, taken with a granule's lock
 * held, nothing taken under it but LOCK_SHADOW).
 *
 * Any thread, guard entered.
 */
#ifndef HOLDFAST_STATE_RECORD_SET_H
#define HOLDFAST_STATE_RECORD_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "state/record_list.h"

#define RECORD_SET_MAX 16384u

/* A link (second cell of a granule) to the set of these records, with one reference; 0 when there
   is no room. Sorts the records. */
uint64_t record_set_keep(struct record *records, uint32_t count);

/* The link for a granule that had old (0: none) and whose set is now these records. The
   reference that it had is given up, or goes over. alone: hardly any other granule has the like. */
uint64_t record_set_change(uint64_t old, struct record *records, uint32_t count, bool alone);

/* The records of a set, at most room of them; returns how many it has: 0 when it is gone. */
uint32_t record_set_read(uint64_t link, struct record *ret_records, uint32_t room);

/* One reference less. */
void record_set_drop(uint64_t link);

/* For a run of granules that name the same set (no list): so many references more or less. False
   when the set is gone. */
bool record_set_more(uint64_t link, uint32_t count);
void record_set_less(uint64_t link, uint32_t count);

/* Bytes of sets in use; records that went past the limit. Atomic. */
extern uint64_t record_set_bytes, record_set_evicted;

void record_set_after_fork(void);

#endif
