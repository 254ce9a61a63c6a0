/* The rarer kinds of descriptors, all closed, by owners as C++ has them.
// build: -lutil
// expect: none
*/
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern "C" int pidfd_open(pid_t pid, unsigned flags);

struct descriptor {
    int fd;
    explicit descriptor(int opened) : fd(opened)
    {
        if (fd < 0)
            abort();
    }
    descriptor(descriptor &&other) : fd(other.fd)
    {
        other.fd = -1;
    }
    ~descriptor()
    {
        if (fd >= 0 && close(fd) != 0)
            abort();
    }
};

static descriptor temporary(int (*make)(char *))
{
    char name[] = "xXXXXXX";
    descriptor made(make(name));
    unlink(name);
    return made;
}

static descriptor child_terminal()
{
    int master;
    pid_t child = forkpty(&master, nullptr, nullptr, nullptr);
    if (child == 0)
        _exit(isatty(0) ? 0 : 1);
    int status;
    if (waitpid(child, &status, 0) != child || status != 0)
        abort();
    return descriptor(master);
}

int main()
{
    sigset_t none;
    sigemptyset(&none);
    std::vector<descriptor> open;
    open.emplace_back(timerfd_create(CLOCK_MONOTONIC, 0));
    open.emplace_back(signalfd(-1, &none, SFD_CLOEXEC));
    signalfd(open.back().fd, &none, SFD_CLOEXEC); /* no new one */
    open.emplace_back(inotify_init());
    open.emplace_back(memfd_create("scratch", 0));
    open.emplace_back(pidfd_open(getpid(), 0));
    open.emplace_back(posix_openpt(O_RDWR | O_NOCTTY));
    open.emplace_back(temporary(mkstemp));
    open.emplace_back(temporary(mkstemp64));
    char name[64];
    snprintf(name, sizeof name, "/holdfast-test-%d", (int)getpid());
    open.emplace_back(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
    shm_unlink(name);
    int ends[2];
    if (openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr) != 0)
        abort();
    open.emplace_back(ends[0]);
    open.emplace_back(ends[1]);
    open.emplace_back(child_terminal());
    return 0;
}
