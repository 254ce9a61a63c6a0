#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/recording.h"
#include "detect/race_tell.h"
#include "state/options.h"
#include "state/stack.h"

struct thread world_thread[WORLD_THREADS];
struct thread_row world_row[WORLD_THREADS];
struct world_told world_told;

/* What the engine needs of parts that only a process has. */
union observing_page observing_page;
__thread struct thread *thread_current;
struct thread *thread_list;

struct thread_row *thread_row(uint32_t number)
{
    return &world_row[number];
}

uint32_t stack_here(struct thread *self, const void *frame)
{
    (void)self, (void)frame;
    return 1;
}

/* In place of detect/race_tell.c. */
void race_tell(struct thread *self, const struct access_here *here, uintptr_t granule,
               const struct record *earlier)
{
    world_told.races++;
    world_told.address = granule + (uintptr_t)__builtin_ctzll(earlier->cell | 0x100);
    world_told.here = self->number;
    world_told.other = vclock_thread_of(earlier->cell);
    world_told.here_stack = context_stack(here->context);
    world_told.other_stack = context_stack(earlier->context);
}

void race_tell_freed(struct thread *self, const struct access_here *here, uintptr_t address,
                     const struct block_row *row, stamp_t freed)
{
    world_told.freed++;
    world_told.address = address;
    world_told.here = self->number;
    world_told.other = vclock_thread_of(freed);
    world_told.here_stack = context_stack(here->context);
    world_told.other_stack = row->freed_stack;
    world_told.race = freed && !vclock_knows(&self->clock, freed);
}

static char path[64];

void world_begin(void)
{
    snprintf(path, sizeof path, "/tmp/holdfast-test-world-%d", (int)getpid());
    unlink(path);
    if (recording_create(path, 1ull << 28) != 0 || !block_start_up(false))
        abort();
    observing.memory = 1;
    options.text[OPTION_RACES] = "calls";
    for (unsigned i = 0; i < WORLD_THREADS; i++) {
        world_thread[i].number = i;
        world_thread[i].row = &world_row[i];
        world_thread[i].clock.now = world_thread[i].lineage.now = 0;
    }
    race_start_up();
    race_threads_begin();
    vclock_thread_create(&world_thread[1], NULL);
}

void world_end(void)
{
    recording_leave();
    unlink(path);
}

void world_create(unsigned creator, unsigned made)
{
    world_row[made] = (struct thread_row){.creator = creator};
    vclock_thread_create(&world_thread[made], &world_thread[creator]);
}

void world_exit(unsigned number)
{
    vclock_thread_gone(&world_thread[number]);
}

void world_join(unsigned self, unsigned number)
{
    vclock_thread_joined(&world_thread[self], number);
}

static uint32_t stack_told(struct thread *self, const struct origin *origin)
{
    (void)self;
    return (uint32_t)origin->pc;
}

void world_access(unsigned self, uintptr_t address, size_t size, unsigned how, uint32_t stack)
{
    race_access(&world_thread[self], address, size, how,
                &(const struct origin){.stack = stack_told, .pc = stack});
}
