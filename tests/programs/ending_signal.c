/* SIGTERM by default action: the last look, then death by that signal.
// signal: TERM
// status: 143
// expect: fd-leak count=1 function=main
// expect-process: state=ended signal=15 ending=ended_by
*/
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    open("/etc/passwd", O_RDONLY);
    printf("ready\n");
    fflush(stdout);
    for (;;)
        pause();
}
