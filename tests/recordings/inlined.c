/* What test_tools_symbol.c names: functions that the compiler inlines into others, variables. */
#include "inlined.h"
#include <stdio.h>
#include <stdlib.h>

int named_table[16];
struct named_state named_state;
__thread int named_own[4];

static inline __attribute__((always_inline)) char *innermost(size_t size)
{
    char *block = malloc(size);
    if (block)
        block[0] = 'x';
    return block;
}

static inline __attribute__((always_inline)) char *middle(size_t size)
{
    char *block = innermost(size + 1);
    return block ? block : innermost(1);
}

__attribute__((noinline)) static int outer(int count)
{
    static int calls;
    int sum = calls++;
    for (int i = 0; i < count; i++) {
        char *block = middle((size_t)i);
        sum += block ? *block : 0;
        free(block);
    }
    return sum;
}

int main(int argc, char **argv)
{
    printf("%d %s\n", outer(argc + 3) + named_table[argc] + named_state.version + named_own[argc],
           argv[0]);
    return 0;
}
