/* A block is given back while nothing orders that after another thread's use of it; and one that is
   used after it was given back. */
// build: -fno-builtin -fno-optimize-sibling-calls
// expect: data-race role=here function=give_back
// expect: data-race role=earlier function=fill
// expect: data-race role=allocated function=main
// expect: use-after-free role=here function=look text=nothing_orders_the_free
// expect: use-after-free role=freed function=give_other_back
// expect: use-after-free role=allocated function=main
#include "in_turn.h"

static char *block, *other, text[64];

static void fill(void)
{
    memcpy(block, text, sizeof text);
}

static void give_back(void)
{
    free(block);
}

static void give_other_back(void)
{
    free(other);
}

static void look(void)
{
    memcpy(text, other + 8, 16);
}

int main(void)
{
    block = malloc(100);
    other = malloc(200);
    in_turn(fill, give_back);
    in_turn(give_other_back, look);
    return 0;
}
