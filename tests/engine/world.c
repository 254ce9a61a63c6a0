#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/recording.h"
#include "detect/race_tell.h"
#include "state/depot.h"
#include "state/options.h"
#include "state/shadow.h"
#include "state/stack.h"

struct thread world_thread[WORLD_THREADS];
static struct thread_row rows[WORLD_ROWS];
static uint32_t next_number;
struct world_told world_told;

/* What the engine needs of parts that only a process has. */
union observing_page observing_page;
__thread struct thread *thread_current;
struct thread *thread_list;

struct thread_row *thread_row(uint32_t number)
{
    return &rows[number % WORLD_ROWS];
}

uint32_t stack_here(struct thread *self, const void *frame)
{
    (void)self, (void)frame;
    return 1;
}

struct stack_row *depot_row(uint32_t stack)
{
    (void)stack;
    return NULL;
}

/* In place of detect/race_tell.c. */
void race_tell(struct thread *self, const struct access_here *here, uintptr_t granule,
               const struct record *earlier)
{
    struct world_pair *pair = &world_told.pair[world_told.races++ % 8];
    pair->granule = granule;
    pair->bytes = earlier->cell & CELL_BYTES;
    pair->how = (earlier->cell & CELL_WRITE ? ACCESS_WRITE : 0u) |
                (earlier->cell & CELL_ATOMIC ? ACCESS_ATOMIC : 0u);
    pair->here = self->number;
    pair->other = vclock_thread_of(earlier->cell);
    pair->here_stack = context_stack(here->context);
    pair->other_stack = context_stack(earlier->context);
}

void race_tell_freed(struct thread *self, const struct access_here *here, uintptr_t address,
                     const struct block_row *row, stamp_t freed)
{
    struct world_pair *pair = &world_told.pair[0];
    world_told.freed++;
    pair->granule = address;
    pair->here = self->number;
    pair->other = vclock_thread_of(freed);
    pair->here_stack = context_stack(here->context);
    pair->other_stack = row->freed_stack;
    world_told.race = freed && !vclock_knows(&self->clock, freed);
}

void race_tell_after_fork(void)
{
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
    race_start_up();
    race_threads_begin();
    world_again();
}

void world_end(void)
{
    recording_leave();
    unlink(path);
}

static void settle(struct thread *made, uint32_t creator)
{
    made->number = ++next_number;
    made->row = thread_row(made->number);
    *made->row = (struct thread_row){.creator = creator};
}

void world_again(void)
{
    vclock_after_fork();
    for (unsigned i = 0; i < WORLD_THREADS; i++)
        world_thread[i].clock = world_thread[i].lineage = (struct thread_clock){0};
    settle(&world_thread[1], 0);
    vclock_thread_create(&world_thread[1], NULL);
}

uint32_t world_create(unsigned creator, unsigned made)
{
    settle(&world_thread[made], world_thread[creator].number);
    vclock_thread_create(&world_thread[made], &world_thread[creator]);
    return world_thread[made].number;
}

void world_exit(unsigned index)
{
    vclock_thread_gone(&world_thread[index]);
}

void world_join(unsigned self, uint32_t number)
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
