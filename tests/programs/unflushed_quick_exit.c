/* quick_exit flushes nothing; what its own handlers print is lost as well.
// expect: unflushed-stream count=1 bytes=4 name=stdout
*/
#include <stdio.h>
#include <stdlib.h>

static void handler(void)
{
    printf("cd");
}

int main(void)
{
    at_quick_exit(handler);
    printf("ab");
    quick_exit(0);
}
