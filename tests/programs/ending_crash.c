/* A fault: dies by SIGSEGV as natively; the recording says where.
// status: 139
// expect: none
// expect-process: state=crashed signal=11
*/
#include <stdio.h>

__attribute__((noinline)) static int crashes(volatile int *at)
{
    return *at;
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    puts("before");
    return crashes((int *)8);
}
