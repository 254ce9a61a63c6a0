/* Few but large: the bytes double, though the blocks hardly count beside what was there before.
// options: --growth-threshold=0
// expect: memory-growth function=keeps role=allocated
*/
#include <stdlib.h>
#include <string.h>

void *small[20000], *large[1000];

__attribute__((noinline)) static void keeps(int i)
{
    large[i] = malloc(100000);
}

int main(void)
{
    for (int i = 0; i < 20000; i++)
        small[i] = malloc(1);
    for (volatile int i = 0; i < 1000; i++)
        keeps(i);
    return 0;
}
