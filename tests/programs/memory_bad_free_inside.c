/* Freeing a pointer into a block.
// status: 134
// expect: bad-free count=1 function=wrong role=here
// expect: bad-free count=1 function=main role=allocated
*/
#include <stdlib.h>

static char *volatile block;

__attribute__((noinline)) static void wrong(void)
{
    free(block + 16);
    __asm__ volatile("");
}

int main(void)
{
    block = malloc(100);
    wrong();
    return 0;
}
