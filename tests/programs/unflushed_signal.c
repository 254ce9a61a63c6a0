/* SIGTERM by default action: nobody flushes.
// signal: TERM
// status: 143
// expect: unflushed-stream count=1 bytes=3 name=stdout
*/
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    printf("log");
    if (write(1, "ready\n", 6) != 6)
        return 1;
    for (;;)
        pause();
}
