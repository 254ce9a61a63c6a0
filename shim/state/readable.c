#include "state/readable.h"

#include "base/syscall.h"

#define PAGE        4096u
#define NO_SUCH_HOW 0x7fff

static uintptr_t page_of(uintptr_t at)
{
    return at & ~(uintptr_t)(PAGE - 1);
}

bool memory_is_readable(uintptr_t at)
{
    /* The kernel copies the set in before it looks at how. */
    return raw_syscall(SYS_rt_sigprocmask, NO_SUCH_HOW, at, 0, 8) != -14 /* EFAULT */;
}

bool memory_range_is_readable(const struct thread *self, const void *at, size_t size)
{
    uintptr_t start = (uintptr_t)at, end = start + size;
    if (end < start || start < PAGE || end >> 47)
        return false;
    if (self && start >= (uintptr_t)__builtin_frame_address(0) && end <= self->stack_high)
        return true;
    for (uintptr_t page = page_of(start); page < end; page += PAGE)
        if (!memory_is_readable(page))
            return false;
    return true;
}

/* known: a page that can be read; asks only for another. */
static bool page_is_readable(uintptr_t at, uintptr_t *known)
{
    if (page_of(at) == *known)
        return true;
    if (!page_of(at) || at >> 47 || !memory_is_readable(page_of(at)))
        return false;
    *known = page_of(at);
    return true;
}

static bool text_is_readable(const char *text, uintptr_t *known)
{
    for (; page_is_readable((uintptr_t)text, known); text++)
        if (!*text)
            return true;
    return false;
}

bool memory_texts_are_readable(char *const *list)
{
    uintptr_t list_known = 1, text_known = 1; /* no page begins there */
    for (; list; list++) {
        if (!page_is_readable((uintptr_t)list, &list_known) ||
            !page_is_readable((uintptr_t)list + sizeof *list - 1, &list_known))
            return false;
        if (!*list)
            return true;
        if (!text_is_readable(*list, &text_known))
            return false;
    }
    return true;
}

struct readable readable_from(const struct stack_start *start)
{
    struct readable memory = {.first = start->sp, .low = start->low, .high = start->high};
    readable_move(&memory, start->sp);
    return memory;
}

void readable_move(struct readable *memory, uintptr_t sp)
{
    /* Where the red zone would reach below the stack, every word is looked at. */
    bool inside = sp >= memory->low + RED_ZONE && sp < memory->high;
    memory->limit = inside ? memory->high : 0;
}

bool readable_word(struct readable *memory, uintptr_t sp, uintptr_t at)
{
    if (at >= sp - RED_ZONE && at + 8 <= memory->limit)
        return true;
    if (at % 8 || at < PAGE || at >> 47)
        return false;
    /* The page that the program stands on can be read, now and whenever sp is the same again. */
    if (page_of(at) == page_of(memory->first) && at >= memory->first - RED_ZONE)
        return true;
    memory->had_to_ask = true;
    if (page_of(at) == memory->asked)
        return true;
    if (!memory_is_readable(at))
        return false;
    memory->asked = page_of(at);
    return true;
}

bool readable_step(uintptr_t sp, uintptr_t cfa)
{
    return cfa % 8 == 0 && cfa >= sp && cfa - sp < STEP_MOST;
}
