/* 100,000 descriptors at once (or as many as are allowed), closed again, some twice over and by
   ranges; a fork in between.
// expect: fd-leak count=1 function=main
// expect: handle-growth function=main
// expect: handle-growth function=main
*/
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void fork_once(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
}

int main(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 100100 ? limit.rlim_max : 100100;
    setrlimit(RLIMIT_NOFILE, &limit);
    int first = open("/dev/null", O_RDWR), last = first;
    int count = limit.rlim_cur < 100100 ? (int)limit.rlim_cur - 100 : 100000;
    for (int i = 0; i < count; i++) {
        /* While they grow: what stands for longer than that is no growth. */
        if (i == count / 2)
            fork_once();
        int fd = i % 2 ? dup(first) : open("/dev/null", O_RDONLY);
        if (fd < 0)
            break;
        last = fd;
    }
    for (int fd = first + 1; fd < (first + last) / 2; fd++)
        close(fd);
    close_range((unsigned)(first + last) / 2, ~0u, 0);
    return fcntl(last, F_GETFD) == -1 ? 0 : 1;
}
