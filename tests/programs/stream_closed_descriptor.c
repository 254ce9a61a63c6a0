/* fclose closes the descriptor too: closing the number afterwards is closing it twice.
// expect: double-close count=1 function=by_stream role=closed
// expect: double-close count=1 function=main role=here
*/
#include <stdio.h>
#include <unistd.h>

__attribute__((noinline)) static void by_stream(FILE *stream)
{
    fclose(stream);
    __asm__ volatile("");
}

int main(void)
{
    FILE *stream = fopen("/dev/null", "r");
    int fd = fileno(stream);
    by_stream(stream);
    close(fd);
    return 0;
}
