/* realloc of a freed block, and free of one that realloc moved away.
// status: 134
// expect: double-free count=1 function=stale role=here
*/
#include <stdlib.h>

static char *volatile block;

__attribute__((noinline)) static void stale(void)
{
    free(block);
    __asm__ volatile("");
}

int main(void)
{
    block = malloc(40);
    char *wall = malloc(40); /* so that the block cannot grow in place */
    char *moved = realloc(block, 4000);
    stale();
    free(moved);
    free(wall);
    return 0;
}
