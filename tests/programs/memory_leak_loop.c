/* A leak in a loop is one finding with a count; bytes are summed up by the report.
// expect: memory-leak count=1000 function=step role=allocated
*/
#include <stdlib.h>
#include <string.h>

static void *volatile sink;

__attribute__((noinline)) static void step(void)
{
    sink = malloc(100);
    sink = NULL;
}

int main(void)
{
    for (int i = 0; i < 1000; i++)
        step();
    volatile char area[8192];
    memset((char *)area, 0, sizeof area);
    return 0;
}
