/* fclose twice: told before libc, which aborts the program over its own double free.
// status: 134
// expect: double-close count=1 function=make role=opened
// expect: double-close count=1 function=first role=closed
// expect: double-close count=1 function=second role=here
// expect: double-free count=1 function=second role=here
*/
#include <stdio.h>

static FILE *stream;

__attribute__((noinline)) static void make(void)
{
    stream = fopen("/dev/null", "r");
    __asm__ volatile("");
}

__attribute__((noinline)) static void first(void)
{
    fclose(stream);
    __asm__ volatile("");
}

__attribute__((noinline)) static void second(void)
{
    fclose(stream);
    stream = NULL;
}

int main(void)
{
    make();
    first();
    second();
    return 0;
}
