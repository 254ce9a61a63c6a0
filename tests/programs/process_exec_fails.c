/* An exec that fails changes nothing: the process goes on and is watched to its end.
// expect: fd-leak count=1 function=main
// expect-process: state=ended status=0
*/
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    char *arguments[] = {"x", NULL};
    printf("%d ", execv("/nowhere/x", arguments));
    puts(strerror(errno));
    printf("%d ", execvp("no-such-program-here", arguments));
    puts(strerror(errno));
    printf("%d ", execve("/etc/passwd", arguments, NULL));
    puts(strerror(errno));
    printf("%d ", fexecve(-1, arguments, environ));
    puts(strerror(errno));
    open("/etc/passwd", O_RDONLY);
    return 0;
}
