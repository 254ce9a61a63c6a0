/* A leak in a loop is one finding with a count.
// expect: fd-leak count=1000 function=step role=opened
*/
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>

__attribute__((noinline)) static void step(void)
{
    if (open("/dev/null", O_RDONLY) < 0)
        abort();
}

int main(void)
{
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){1100, 1100});
    for (int i = 0; i < 1000; i++)
        step();
    return 0;
}
