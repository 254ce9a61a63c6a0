/*
 * Data races and uses of freed memory: the one engine behind every source of accesses (calls of
 * libc, code built with -fsanitize=thread, rewritten code).
 *
 * A source says: this thread read or wrote these bytes, atomically or not, and how to find the
 * stack should it be needed. It asks race_watched() first; the guard is entered.
 */
#ifndef HOLDFAST_DETECT_RACE_H
#define HOLDFAST_DETECT_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "state/held.h"
#include "state/shadow.h"
#include "state/thread.h"

/* How a source finds the stack of an access: asked only when the engine must remember it. */
struct origin {
    uint32_t (*stack)(struct thread *self, const struct origin *origin);
    /* The same with the locks held, for sources that remember both; NULL: made of the stack. */
    context_t (*context)(struct thread *self, const struct origin *origin);
    const void *frame; /* of the wrapper */
    uintptr_t pc;      /* of the access, for sources that know it */
};

static inline bool race_watched(void)
{
    return observing.races == RACES_ON;
}

/* [address, address + size) was touched; how: enum access_flag. Any size. True: all of it is on
   record, so that in this epoch the like need not be told again. */
bool race_access(struct thread *self, uintptr_t address, size_t size, unsigned how,
                 const struct origin *origin);

/* Is all of it on record in this epoch already? Then it need not be told. Asked by who has not
   entered the guard yet; false says nothing. */
static inline bool race_is_on_record(uintptr_t address, size_t size, bool write)
{
    const struct thread *self = thread_current;
    return likely(self) && shadow_covers_range(self->clock.now, address, size, write);
}

/* The first other thread is about to be created: from now on there is somebody to race with. */
void race_threads_begin(void);

/* The next two: when race_watched(). A block was allocated: it starts clean. */
void race_block_born(struct thread *self, uintptr_t address, size_t size);

/* A block is about to be freed, by a call with this stack: a write to all of it. */
void race_block_dying(struct thread *self, uintptr_t address, size_t size, uint32_t stack);

/* A thread takes over a stack, with the thread-local variables above it: it starts clean. */
void race_stack_new(struct thread *self, uintptr_t start, uintptr_t end);

/* Memory was mapped: it starts clean. */
void race_memory_new(struct thread *self, uintptr_t start, uintptr_t end);

/* Memory was given back to the system: its shadow is too. */
void race_memory_gone(struct thread *self, uintptr_t start, uintptr_t end);

/* These bytes turn out to be a location of synchronisation (rewrite/location.h): plain accesses so
   far were its atomic operations too. Returns the stamp of the newest store among them: a release
   that nobody noted. 0: none. */
uint64_t race_location_new(struct thread *self, uintptr_t address, size_t size);

/* The thread has met_locations: asked for before its next access is recorded. */
extern void (*race_met_locations)(struct thread *self);

/* Bytes of a granule whose accesses shall all be told (shadow_undecided_set was called, and nobody
   has it locked who did not see that). NULL: nobody has a filter. */
extern void (*race_all_told)(uintptr_t address, size_t size);

/* Told by the thread that does it, before what is known of [start, end) is forgotten: so nothing of
   it is on record any more. NULL: nobody asks. */
enum race_why {
    RACE_BLOCK, /* a block is freed, or born; what others have on record was compared with the free
                 */
    RACE_NEW,   /* other memory lies there now */
    RACE_UNMAPPED, /* and it went back to the system */
};
extern void (*race_forgotten)(uintptr_t start, uintptr_t end, enum race_why why);

/* The program says that races on these bytes are meant: none is told until the memory is given
 * back.
 */
void race_benign(struct thread *self, uintptr_t address, size_t size);

/* There is code built with -fsanitize=thread, or rewritten: accesses are many now. Before the first
   of them. */
void race_compiled(void);

/* Rewrites code (shim/rewrite), each time a first thread is about to be created; NULL: no. Set at
   birth. */
extern void (*race_rewrite)(struct thread *self);

/* Before the program gives up rights that rewriting may need of it, when it has no threads yet;
   NULL: no. Set at birth. */
extern void (*race_rewrite_prepare)(void);
void race_rights_end(void);

void race_start_up(void);
void race_after_fork(void);

#endif
