/* Freed twice, with another allocation of the same size in between: the second free is told as what
   it is, and the new owner of what would have been the same memory is not touched.
// build: -fno-ipa-icf
// expect: double-free count=1 function=makes role=allocated
// expect: double-free count=1 function=first role=freed
// expect: double-free count=1 function=second role=here
*/
#include <stdlib.h>
#include <string.h>

static char *volatile block, *volatile other;

__attribute__((noinline)) static void makes(void)
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
    makes();
    first();
    other = malloc(40);
    strcpy(other, "the new owner's");
    second();
    /* Natively this is freed memory now, and nobody notices. */
    return 0;
}
