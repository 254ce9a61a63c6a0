/* Memory used after it was given back by the same thread: no race, but wrong in every run. Twice at
   one place: one finding. */
// build: -fno-builtin -fno-optimize-sibling-calls
// expect: use-after-free count=2 role=here function=look text=the_free_is_ordered
// expect: use-after-free role=freed function=main
#include "in_turn.h"

static char text[64];

static volatile int times = 2;

static void nothing(void)
{
}

__attribute__((noinline)) static void look(const char *block)
{
    memcpy(text, block, 4);
    __asm__ volatile("" ::: "memory");
}

int main(void)
{
    in_turn(nothing, nothing); /* somebody to race with */
    char *block = malloc(100), *keep = malloc(100);
    memcpy(block, text, 64);
    free(block);
    for (int i = 0; i < times; i++)
        look(block);
    free(keep);
    return 0;
}
