/* Freed twice: told with all three stacks before libc aborts the program.
// build: -fno-ipa-icf
// status: 134
// expect: double-free count=1 function=make role=allocated
// expect: double-free count=1 function=first role=freed
// expect: double-free count=1 function=second role=here
*/
#include <stdlib.h>

static char *volatile block;

__attribute__((noinline)) static void make(void)
{
    block = malloc(40);
    __asm__ volatile("");
}

__attribute__((noinline)) static void first(void)
{
    free(block);
    __asm__ volatile("");
}

__attribute__((noinline)) static void second(void)
{
    free(block);
    __asm__ volatile("");
}

int main(void)
{
    make();
    first();
    second();
    return 0;
}
