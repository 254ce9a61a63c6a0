/* leave_behind stay|daemon FIFO: leaves a child that lives until somebody opens FIFO for writing;
   with `daemon` in a session of its own. */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    int moved[2];
    if (pipe(moved))
        return 2;
    pid_t child = fork();
    if (child < 0)
        return 2;
    if (child == 0) {
        if (!strcmp(argv[1], "daemon"))
            setsid();
        /* A daemon holds nobody's output open. */
        for (int fd = 0; fd < 3; fd++)
            close(fd);
        close(moved[0]);
        close(moved[1]);
        int fd = open(argv[2], O_RDONLY);
        close(fd);
        _exit(0);
    }
    /* Not before the child is in its session: end of file. */
    char byte;
    close(moved[1]);
    while (read(moved[0], &byte, 1) < 0)
        ;
    close(moved[0]);
    return 0;
}
