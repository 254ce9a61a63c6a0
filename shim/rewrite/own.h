/* What a thread that runs moved code has of its own (struct thread.rewrite). It stays with the
   struct when that is given to the next thread. Only the thread itself, guard entered. */
#ifndef HOLDFAST_REWRITE_OWN_H
#define HOLDFAST_REWRITE_OWN_H

#include "rewrite/filter.h"
#include "rewrite/origin.h"
#include "state/moved.h"

struct own {
    struct filter filter;
    struct tag_block tags;
    const struct moved_module *module; /* of the newest call whose row was looked up */
    struct origins origins;
};

#endif
