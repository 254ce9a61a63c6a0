/* A handler of the program's for SIGABRT runs, and may end the process its own way.
// status: 9
// expect: fd-leak count=1 function=main
// expect-process: state=ended status=9
*/
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void handler(int signal)
{
    write(1, "caught\n", 7);
    _exit(9);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler}, before;
    sigaction(SIGABRT, &action, &before);
    printf("%d %x\n", before.sa_handler == SIG_DFL, before.sa_flags);
    fflush(stdout);
    open("/etc/passwd", O_RDONLY);
    abort();
}
