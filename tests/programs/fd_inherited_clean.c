/* Descriptors that a process was started with are not its leak, nor is closing them a mistake.
// expect: none
*/
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc == 1) {
        int fd = open("/dev/null", O_RDONLY);
        for (int i = 0; i < 5; i++)
            if (dup2(fd, 20 + i) != 20 + i)
                abort();
        execl("/proc/self/exe", argv[0], "again", NULL);
        abort();
    }
    return close(21) || close(23);
}
