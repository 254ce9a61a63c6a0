/* Output in a buffer reaches its reader, handlers run in order, nothing is left.
// status: 7
// expect: none
// expect-process: state=ended status=7
*/
#include <stdio.h>
#include <stdlib.h>

static void first(void)
{
    puts("first");
}

static void second(int status, void *word)
{
    printf("%s %d\n", (char *)word, status);
}

int main(void)
{
    on_exit(second, "second");
    atexit(first);
    printf("main\n");
    exit(7);
}
