/* A freed block is not the next owner's at once: its use is told although memory of its size was
 * asked for since. */
// build: -fsanitize=thread -fno-optimize-sibling-calls
// expect: use-after-free role=here function=look
// expect: use-after-free role=freed function=main
#include "in_turn.h"

static char *volatile block, *volatile next;
static volatile char seen;

static void nothing(void)
{
}

__attribute__((noinline)) static void look(void)
{
    seen = block[5];
}

int main(void)
{
    in_turn(nothing, nothing);
    for (int i = 0; i < 100000; i++) {
        block = malloc(64);
        free(block);
    }
    next = malloc(64);
    next[0] = 1;
    look();
    free(next);
    return 0;
}
