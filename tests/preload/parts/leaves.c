/* Leaves a descriptor open; argument 1: how it ends. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static int leave(void)
{
    return open("/etc/passwd", O_RDONLY) < 0;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    int failed = leave(), pair[2];
    printf("in the buffer");
    if (!strcmp(how, "_exit"))
        _exit(0);
    else if (!strcmp(how, "three"))
        return 3;
    else if (!strcmp(how, "term"))
        raise(SIGTERM);
    else if (!strcmp(how, "kill"))
        raise(SIGKILL);
    else if (!strcmp(how, "fork") && fork() == 0)
        return failed;
    else if (!strcmp(how, "socket") && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) {
        char text[4096];
        dup2(pair[0], 2); /* a connection under the number of stderr */
        close(pair[0]);
        if (fork() == 0) {
            close(2);
            long size = read(pair[1], text, sizeof text);
            printf("\nread %ld\n", size);
            return 0;
        }
        close(pair[1]);
    }
    while (!strcmp(how, "fork") && wait(NULL) > 0)
        ;
    return failed;
}
