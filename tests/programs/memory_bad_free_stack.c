/* Freeing a local variable.
// status: 134
// expect: bad-free count=1 function=wrong role=here
*/
#include <stdlib.h>

__attribute__((noinline)) static void wrong(char *volatile pointer)
{
    free(pointer);
    __asm__ volatile("");
}

int main(void)
{
    char array[256] = {0};
    wrong(array + 32);
    return array[0];
}
