#include "detect/race.h"

#include "base/memory.h"
#include "state/options.h"
#include "state/stack.h"

uint32_t origin_frame(struct thread *self, const struct origin *origin)
{
    return stack_here(self, origin->frame);
}

void race_access(struct thread *self, uintptr_t address, size_t size, unsigned how,
                 const struct origin *origin)
{
}

void race_threads_begin(void)
{
    if (observing.races == RACES_WANTED)
        __atomic_store_n(&observing.races, RACES_ON, __ATOMIC_RELEASE);
}

void race_block_born(struct thread *self, uintptr_t address, size_t size)
{
}

void race_block_dying(struct thread *self, uintptr_t address, size_t size, uint32_t stack)
{
}

void race_memory_new(struct thread *self, uintptr_t start, uintptr_t end)
{
}

void race_memory_gone(struct thread *self, uintptr_t start, uintptr_t end)
{
}

void race_start_up(void)
{
    observing.races = text_equal(options.text[OPTION_RACES], "off") ? RACES_OFF : RACES_WANTED;
}

void race_after_fork(void)
{
    race_start_up();
}
