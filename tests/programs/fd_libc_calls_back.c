/* What the program's own functions open while libc calls them is the program's.
// expect: fd-leak count=1 handle=device name=/dev/null function=compare role=opened
// expect: fd-leak count=1 handle=eventfd function=visit role=opened
// expect: fd-leak count=1 handle=pipe function=once role=opened
// expect: fd-leak count=1 handle=socket function=at_exit role=opened
// expect: fd-leak count=1 handle=memfd function=read_cookie role=opened
*/
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int done;

static int compare(const void *a, const void *b)
{
    if (!done++ && open("/dev/null", O_RDONLY) < 0)
        abort();
    return *(const int *)a - *(const int *)b;
}

static int visit(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    if (eventfd(0, 0) < 0)
        abort();
    return 1;
}

static void once(void)
{
    int ends[2];
    if (pipe(ends) != 0 || close(ends[0]) != 0)
        abort();
}

static void at_exit(void)
{
    if (socket(AF_UNIX, SOCK_STREAM, 0) < 0)
        abort();
}

static ssize_t read_cookie(void *cookie, char *buffer, size_t size)
{
    if (memfd_create("cookie", 0) < 0)
        abort();
    return 0;
}

int main(void)
{
    int numbers[] = {3, 1, 2};
    char line[10];
    pthread_once_t control = PTHREAD_ONCE_INIT;
    qsort(numbers, 3, sizeof numbers[0], compare);
    nftw("/usr", visit, 4, FTW_PHYS);
    pthread_once(&control, once);
    atexit(at_exit);
    FILE *stream = fopencookie(NULL, "r", (cookie_io_functions_t){.read = read_cookie});
    if (!stream || fgets(line, sizeof line, stream) || fclose(stream) != 0)
        abort();
    return 0;
}
