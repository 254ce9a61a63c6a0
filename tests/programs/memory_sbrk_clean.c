/* A program that keeps memory of its own behind sbrk, with the only pointers to its blocks in it.
// expect: none
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The pool's address is kept in a way that a scan does not read as a pointer. */
static unsigned long hidden;

__attribute__((noinline)) static void fill(void)
{
    char **pool = sbrk(8192);
    for (int i = 0; i < 100; i++)
        pool[i] = malloc(1000);
    hidden = ~(unsigned long)pool;
}

int main(void)
{
    free(malloc(100));
    fill();
    volatile char area[16384];
    memset((char *)area, 0, sizeof area);
    char **pool = (char **)~hidden;
    printf("%d\n", pool[99] != NULL);
    return 0;
}
