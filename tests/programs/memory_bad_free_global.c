/* Freeing a global variable.
// status: 134
// expect: bad-free count=1 function=wrong role=here
*/
#include <stdlib.h>

static char array[256];
static char *volatile pointer = array + 32;

__attribute__((noinline)) static void wrong(void)
{
    free(pointer);
    __asm__ volatile("");
}

int main(void)
{
    wrong();
    return 0;
}
