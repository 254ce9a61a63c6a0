/* _Exit from a signal handler, with nothing left.
// status: 6
// expect: none
// expect-process: state=ended status=6
*/
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void handler(int signal)
{
    _Exit(6);
}

int main(void)
{
    signal(SIGUSR1, handler);
    close(open("/etc/passwd", O_RDONLY));
    raise(SIGUSR1);
    return 1;
}
