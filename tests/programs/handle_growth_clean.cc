/* Many handles that do not pile up: few at once, less than half of all, one from each place; and what is under a stream
   does not count twice.
// expect: none
*/
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

static void each_closed_at_once()
{
    for (int i = 0; i < 1000; i++)
        close(open("/dev/null", O_RDONLY));
}

static void thirty_one()
{
    int fds[31];
    for (int round = 0; round < 2; round++) {
        for (int &fd : fds)
            fd = open("/dev/null", O_RDONLY);
        for (int fd : fds)
            close(fd);
    }
}

[[gnu::noinline]] static int get()
{
    int fd = open("/dev/null", O_RDONLY);
    __asm__ volatile("");
    return fd;
}

[[gnu::noinline]] static void get_into(int *fds, int index)
{
    fds[index] = get();
}

/* 40 at once, of 200. */
static void window()
{
    int fds[40];
    int held = 0;
    for (volatile int i = 0; i < 200; i = i + 1) {
        if (held == 40)
            close(fds[i % 40]);
        else
            held++;
        get_into(fds, i % 40);
    }
    for (int fd : fds)
        close(fd);
}

/* 20 streams, which are 20 handles with their descriptors. */
static void streams()
{
    FILE *made[20];
    for (FILE *&stream : made) {
        int fd = open("/dev/null", O_RDONLY);
        stream = fdopen(fd, "r");
    }
    for (FILE *stream : made)
        fclose(stream);
}

int main()
{
    each_closed_at_once();
    thirty_one();
    window();
    streams();
    return 0;
}
