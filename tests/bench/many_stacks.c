/* Leaks one block from each of N distinct call stacks. usage: many_stacks N
   The path through two functions spells the number in binary, so each stack is its own. */
#include <stdlib.h>

static void *volatile sink;
static void left(unsigned bits, int levels);
static void right(unsigned bits, int levels);

static inline void step(unsigned bits, int levels)
{
    if (levels == 0) {
        sink = malloc(10);
        sink = NULL;
    } else if (bits & 1)
        right(bits >> 1, levels - 1);
    else
        left(bits >> 1, levels - 1);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void left(unsigned bits, int levels)
{
    step(bits, levels);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void right(unsigned bits, int levels)
{
    step(bits, levels);
    __asm__ volatile("" ::: "memory");
}

int main(int argc, char **argv)
{
    unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 10000;
    for (unsigned i = 0; i < count; i++)
        step(i, 14);
    return 0;
}
