#include "state/libunwind.h"

#include <dlfcn.h>
#include <errno.h>
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <ucontext.h>

#include "base/memory.h"

/* Its functions, by the names that libunwind.h gives them for local unwinding on x86-64. */
static struct {
    int (*get_context)(unw_context_t *);
    int (*init)(unw_cursor_t *, unw_context_t *);
    int (*init_from)(unw_cursor_t *, unw_context_t *, int flags);
    int (*step)(unw_cursor_t *);
    int (*get_register)(unw_cursor_t *, int number, unw_word_t *);
    int (*is_signal_frame)(unw_cursor_t *);
    int (*set_caching)(unw_addr_space_t, unw_caching_policy_t);
    unw_addr_space_t *space;
} unwind;

static const struct {
    const char *name;
    void *at;
} symbols[] = {
    {"_Ux86_64_getcontext", &unwind.get_context},
    {"_ULx86_64_init_local", &unwind.init},
    {"_ULx86_64_init_local2", &unwind.init_from},
    {"_ULx86_64_step", &unwind.step},
    {"_ULx86_64_get_reg", &unwind.get_register},
    {"_ULx86_64_is_signal_frame", &unwind.is_signal_frame},
    {"_ULx86_64_set_caching_policy", &unwind.set_caching},
    {"_ULx86_64_local_addr_space", &unwind.space},
};

enum { NOT_ASKED, ASKED, LOADED, IN_USE, NOT_THERE };
static uint32_t state = NOT_ASKED;

/* Two kilobytes that would not fit a small stack; lent to one walk at a time by IN_USE. */
static struct {
    unw_cursor_t cursor;
    unw_context_t context;
} lent;

void libunwind_load_if_asked(void)
{
    uint32_t asked = ASKED;
    if (likely(__atomic_load_n(&state, __ATOMIC_RELAXED) != ASKED) ||
        !__atomic_compare_exchange_n(&state, &asked, NOT_THERE, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
        return;
    int saved_errno = errno;
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    bool complete = library != NULL;
    for (size_t i = 0; complete && i < sizeof symbols / sizeof symbols[0]; i++) {
        void *symbol = dlsym(library, symbols[i].name);
        complete = symbol != NULL;
        *(void **)symbols[i].at = symbol;
    }
    if (complete) {
        /* Its caches take a lock that a fork's child could find taken. */
        unwind.set_caching(*unwind.space, UNW_CACHE_NONE);
        /* Publishes the functions. Pairs with the acquire in libunwind_walk(). */
        __atomic_store_n(&state, LOADED, __ATOMIC_RELEASE);
    }
    errno = saved_errno;
}

/* From our own frame up to where the walk starts, so that all registers are what they are there. */
static bool reach(const struct stack_start *start)
{
    unw_word_t pc, sp;
    if (unwind.init(&lent.cursor, &lent.context) < 0)
        return false;
    do {
        if (unwind.get_register(&lent.cursor, UNW_REG_IP, &pc) < 0 ||
            unwind.get_register(&lent.cursor, UNW_REG_SP, &sp) < 0 || sp > start->sp)
            return false;
        if (sp == start->sp && pc == start->pc)
            return true;
    } while (unwind.step(&lent.cursor) > 0);
    return false;
}

static bool begin(const struct stack_start *start)
{
    if (!start->registers)
        return unwind.get_context(&lent.context) == 0 && reach(start);
    mem_copy(lent.context.uc_mcontext.gregs, start->registers,
             sizeof lent.context.uc_mcontext.gregs);
    return unwind.init_from(&lent.cursor, &lent.context, UNW_INIT_SIGNAL_FRAME) == 0;
}

/* Fills frames from the cursor on. Returns false when it got no further than they were. */
static bool fill(const struct stack_start *start, uint32_t depth, struct stack_frames *frames)
{
    uint32_t count = 0, had = frames->count;
    bool exact = start->exact;
    uint16_t flags = 0;
    int stepped;
    do {
        unw_word_t pc;
        if (unwind.get_register(&lent.cursor, UNW_REG_IP, &pc) < 0 || pc == 0)
            break;
        if (count == depth) {
            flags |= STACK_TRUNCATED;
            break;
        }
        /* What both ways have found is the same; only new frames are written, so that a failure
           leaves frames as they were. */
        if (count >= had) {
            frames->frames[count] = pc;
            frames->exact |= (uint64_t)exact << count;
        } else if (frames->frames[count] != pc) {
            return false;
        }
        count++;
        stepped = unwind.step(&lent.cursor);
        /* True in the frame that a signal interrupted, not in the trampoline (1.6). */
        exact = unwind.is_signal_frame(&lent.cursor) > 0;
        if (stepped < 0)
            flags |= STACK_BROKEN;
    } while (stepped > 0);
    if (count <= had)
        return false;
    frames->count = count;
    frames->flags |= flags;
    return true;
}

bool libunwind_walk(const struct stack_start *start, uint32_t depth, struct stack_frames *frames)
{
    uint32_t free = LOADED, none = NOT_ASKED;
    if (!__atomic_compare_exchange_n(&state, &free, IN_USE, false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED)) {
        __atomic_compare_exchange_n(&state, &none, ASKED, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED);
        return false;
    }
    int saved_errno = errno;
    bool further = begin(start) && fill(start, depth, frames);
    errno = saved_errno;
    __atomic_store_n(&state, LOADED, __ATOMIC_RELEASE);
    return further;
}

void libunwind_after_fork(void)
{
    if (state == IN_USE)
        state = LOADED;
}
