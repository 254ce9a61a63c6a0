/* The stack of an access is right after longjmp, in a deep recursion, on a coroutine's stack and in
   a callback of code that is not compiled so. */
// build: -fsanitize=thread
// expect: data-race role=here function=after_jump line=43
// expect: data-race role=here function=caller_after_jump
// expect: data-race role=here function=at_the_bottom
// expect: data-race role=here function=deep_caller
// expect: data-race role=here function=coroutine
// expect: data-race role=here function=sort_twice line=84
// expect: data-race role=here function=sort_twice line=86
#include <setjmp.h>
#include <ucontext.h>

#include "in_turn.h"

int values[8];
static int sorted[2] = {2, 1}, calls;
static jmp_buf place;
static volatile int sink;
static ucontext_t own, other;
static char stack[65536];

static void write_all(void)
{
    for (int i = 0; i < 8; i++)
        values[i] = i;
}

static __attribute__((noinline)) void jump(int depth)
{
    if (depth)
        jump(depth - 1);
    else
        longjmp(place, 1);
    sink++;
}

static __attribute__((noinline)) void after_jump(void)
{
    for (volatile int i = 0; i < 3; i++)
        if (!setjmp(place))
            jump(5);
    values[0] = 9; /* line 43 */
    sink++;
}

static __attribute__((noinline)) void caller_after_jump(void)
{
    after_jump();
    sink++;
}

static __attribute__((noinline)) void at_the_bottom(int depth)
{
    if (depth)
        at_the_bottom(depth - 1);
    else
        values[1] = 9;
    sink++;
}

static __attribute__((noinline)) void deep_caller(void)
{
    at_the_bottom(3);
    sink++;
}

static void coroutine(void)
{
    sink++;
    swapcontext(&other, &own);
    values[2] = 9;
}

static int compare(const void *a, const void *b)
{
    values[3 + calls++] = 9;
    return *(const int *)a - *(const int *)b;
}

/* The same frames of compiled code, the same callback, another line. */
static __attribute__((noinline)) void sort_twice(void)
{
    qsort(sorted, 2, sizeof sorted[0], compare); /* line 84 */
    sink++;
    qsort(sorted, 2, sizeof sorted[0], compare); /* line 86 */
    sink++;
}

static void read_all(void)
{
    caller_after_jump();
    deep_caller();
    getcontext(&other);
    other.uc_stack.ss_sp = stack;
    other.uc_stack.ss_size = sizeof stack;
    other.uc_link = &own;
    makecontext(&other, coroutine, 0);
    swapcontext(&own, &other);
    swapcontext(&own, &other);
    sort_twice();
}

static void recurse(void)
{
    at_the_bottom(60000);
}

int main(void)
{
    in_turn(write_all, read_all);
    recurse();
    return 0;
}
