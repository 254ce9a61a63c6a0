/*
 * Where the code of a module's image can lie in this process: a variant (format/rewrite.h) whose
 * place is free.
 *
 * Places are held, as memory that nobody may touch, from the choice until the code is mapped: no
 * image is made that cannot be mapped, and two modules never want the same place. One thread at a
 * time, all signals blocked.
 */
#ifndef HOLDFAST_REWRITE_ROOM_H
#define HOLDFAST_REWRITE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rewrite/target.h"

struct room {
    uintptr_t start; /* 0: none is held */
    size_t size;
    uint32_t variant;
};

/* Bytes of the target's code, from its first to its last executable segment. */
uint64_t room_text(const struct target *target);

/* Holds the place of that variant, need bytes. False: it is not free, or out of reach. */
bool room_try(struct room *ret_room, const struct target *target, uint64_t need, uint32_t variant);

/* Holds the first place, of those of variant first and after. False: there is none. */
bool room_find(struct room *ret_room, const struct target *target, uint64_t need, uint32_t first);

/* Gives back what code of that size does not take: others may want it. */
void room_fit(struct room *room, uint64_t size);

/* Gives it back; nothing is done when none is held. */
void room_give(struct room *room);

#endif
