/* What a fault leaves in the buffer.
// status: 139
// expect: unflushed-stream count=1 bytes=4 name=stdout function=faults role=here
*/
#include <stdio.h>

__attribute__((noinline)) static void faults(void)
{
    *(volatile int *)8 = 0;
}

int main(void)
{
    printf("lost");
    faults();
}
