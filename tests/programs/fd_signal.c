/* A signal handler opens and closes; what it leaves open is its leak.
// expect: fd-leak count=1 function=handler role=opened
*/
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void handler(int signal)
{
    int fd = open("/dev/null", O_RDONLY);
    if (close(fd) != 0 || open("/dev/zero", O_RDONLY) != fd)
        abort();
}

int main(void)
{
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    return 0;
}
