/* Handles that are released only when all are there: descriptors, streams, both ends of pipes. What was never released is
   a leak, not growth. They take longer to grow than they then stand, also where the thread has to wait for a processor
   then: growing takes it many turns.
// expect: handle-growth count=40 severity=warning handle=file function=open_all role=opened
// expect: handle-growth count=40 function=close_all role=released text=40_of_the_40
// expect: handle-growth count=50 severity=warning handle=stream function=open_streams role=opened
// expect: handle-growth count=50 function=close_streams role=released
// expect: handle-growth count=64 severity=warning handle=pipe function=open_pipes role=opened
// expect: handle-growth count=33 severity=note handle=socket function=open_sockets role=opened
// expect: fd-leak count=40 function=leak role=opened
*/
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

static void work()
{
    timespec at{}, now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while ((now.tv_sec - at.tv_sec) * 1000000000 + now.tv_nsec - at.tv_nsec < 1000000);
}

static std::vector<int> fds;
static std::vector<FILE *> streams;

static int check(int fd)
{
    if (fd < 0)
        abort();
    return fd;
}

[[gnu::noinline]] static void open_all()
{
    for (int i = 0; i < 40; i++)
        work(), fds.push_back(check(open("/dev/null", O_RDONLY)));
}

[[gnu::noinline]] static void open_pipes()
{
    for (int i = 0; i < 32; i++) {
        int ends[2];
        work();
        check(pipe(ends));
        fds.push_back(ends[0]);
        fds.push_back(ends[1]);
    }
}

[[gnu::noinline]] static void open_sockets()
{
    for (int i = 0; i < 33; i++)
        work(), fds.push_back(check(socket(AF_UNIX, SOCK_STREAM, 0)));
}

[[gnu::noinline]] static void close_all()
{
    for (int fd : fds)
        close(fd);
    fds.clear();
}

[[gnu::noinline]] static void open_streams()
{
    for (int i = 0; i < 50; i++)
        work(), streams.push_back(fopen("/dev/null", "r"));
}

[[gnu::noinline]] static void close_streams()
{
    for (FILE *stream : streams)
        fclose(stream);
}

[[gnu::noinline]] static void leak()
{
    for (int i = 0; i < 40; i++)
        check(open("/dev/zero", O_RDONLY));
}

int main()
{
    open_all();
    close_all();
    open_pipes();
    close_all();
    open_sockets();
    close_all();
    open_streams();
    close_streams();
    leak();
    return 0;
}
