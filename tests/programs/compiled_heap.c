/* A block is freed while another thread may still use it, and used when it is freed. */
// build: -fsanitize=thread
// expect: use-after-free role=here function=use_late
// expect: use-after-free role=freed function=free_early
// expect: data-race role=here function=free_unordered
// expect: data-race role=earlier function=use_first
#include "in_turn.h"

static int *late, *first;
static volatile int sink;

static void free_early(void)
{
    free(late);
}

static void use_late(void)
{
    sink = *late;
}

static void use_first(void)
{
    *first = 1;
}

static void free_unordered(void)
{
    free(first);
}

int main(void)
{
    late = malloc(40);
    first = malloc(40);
    in_turn(use_first, free_unordered);
    in_turn(free_early, use_late);
    return 0;
}
