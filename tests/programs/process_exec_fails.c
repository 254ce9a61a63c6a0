/* An exec that fails changes nothing: the process goes on and is watched to its end.
// expect: fd-leak count=1 function=main
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
// expect-process: state=ended status=0
*/
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((noinline)) static void lose(void)
{
    void *volatile block = malloc(123);
    block = NULL;
}

int main(void)
{
    char *arguments[] = {"x", NULL};
    lose();
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
