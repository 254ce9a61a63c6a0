/* The last words of a program that aborts.
// status: 134
// expect: unflushed-stream count=1 bytes=10 name=stdout function=gives_up role=here
*/
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static void gives_up(void)
{
    abort();
}

int main(void)
{
    printf("last words");
    gives_up();
}
