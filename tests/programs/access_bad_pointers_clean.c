/* System calls that are given addresses where nothing is fail with EFAULT, watched or not: nothing
   of ours reads there first. With a second thread, so that accesses are watched.
// expect: none
*/
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

#include "support.h"

/* Known to nobody but the kernel: in the first page, and in one that was given back. */
static void *volatile nowhere = (void *)8;

#define FAILS(call)                                                                                \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long result = (long)(call);                                                                \
        printf("%s: %ld %d\n", #call, result, errno);                                              \
    } while (0)
/* An error number is what it returns. */
#define RETURNS(call) printf("%s: %d\n", #call, call)

#define BAD ((void *)nowhere)

static void paths(void)
{
    char room[64] = "";
    struct stat status;
    FAILS(readlink(BAD, room, sizeof room));
    FAILS(readlink("/proc/self/exe", BAD, 64));
    FAILS(readlinkat(AT_FDCWD, BAD, room, sizeof room));
    FAILS(readlinkat(AT_FDCWD, "/proc/self/exe", BAD, 64));
    FAILS(stat(BAD, &status));
    FAILS(stat("/", BAD));
    FAILS(fstatat(AT_FDCWD, BAD, &status, 0));
    FAILS(access(BAD, F_OK));
    FAILS(chmod(BAD, 0));
    FAILS(unlink(BAD));
    FAILS(rename(BAD, BAD));
    FAILS(rename("nothing-here", BAD));
    FAILS(link(BAD, "x"));
    FAILS(symlink(BAD, "x"));
    FAILS(mkdir(BAD, 0700));
    FAILS(rmdir(BAD));
    FAILS(chdir(BAD));
    FAILS(truncate(BAD, 0));
    FAILS(statfs(BAD, BAD));
    FAILS(getxattr("/", BAD, room, sizeof room));
    FAILS(utimensat(AT_FDCWD, BAD, NULL, 0));
    FAILS(utimensat(AT_FDCWD, "/", BAD, 0));
    FAILS(open(BAD, O_RDONLY));
    FAILS(open(BAD, O_RDWR | O_CREAT, 0600));
    FAILS(openat(AT_FDCWD, BAD, O_RDONLY));
    FAILS(creat(BAD, 0600));
    FAILS(fopen(BAD, "r"));
    FAILS(freopen(BAD, "r", stdin));
    FAILS(memfd_create(BAD, 0));
    FAILS(inotify_add_watch(inotify_init(), BAD, IN_OPEN));
    FAILS(ftok(BAD, 1));
}

static void transfers(void)
{
    int ends[2], pair[2], file = open("/proc/self/exe", O_RDONLY), out = memfd_create("out", 0);
    char byte = 'x';
    struct iovec part = {nowhere, 10};
    struct msghdr message = {.msg_iov = nowhere, .msg_iovlen = 1};
    FAILS(pipe(BAD));
    FAILS(pipe2(BAD, O_CLOEXEC));
    FAILS(socketpair(AF_UNIX, SOCK_STREAM, 0, BAD));
    if (pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        abort();
    write(ends[1], &byte, 1);
    write(pair[1], &byte, 1);
    FAILS(read(ends[0], BAD, 1));
    FAILS(write(ends[1], BAD, 1));
    FAILS(readv(file, BAD, 1));
    FAILS(readv(file, &part, 1));
    FAILS(writev(ends[1], BAD, 1));
    FAILS(writev(ends[1], &part, 1));
    FAILS(pread(file, BAD, 10, 0));
    FAILS(preadv(file, BAD, 1, 0));
    FAILS(pwrite(out, BAD, 10, 0));
    FAILS(send(pair[0], BAD, 1, 0));
    FAILS(recv(pair[0], BAD, 1, 0));
    FAILS(sendto(pair[0], &byte, 1, 0, BAD, 16));
    FAILS(sendmsg(pair[0], BAD, 0));
    FAILS(sendmsg(pair[0], &message, 0));
    FAILS(recvmsg(pair[0], BAD, 0));
    FAILS(recvmsg(pair[0], &message, 0));
    FAILS(recvmmsg(pair[0], BAD, 1, MSG_DONTWAIT, NULL));
    FAILS(sendmmsg(pair[0], BAD, 1, 0));
    FAILS(sendfile(out, file, BAD, 10));
    FAILS(splice(file, BAD, ends[1], NULL, 10, 0));
    FAILS(copy_file_range(file, BAD, out, NULL, 10, 0));
    FAILS(vmsplice(ends[1], BAD, 1, 0));
    FAILS(getdents64(open("/", O_RDONLY), BAD, 4096));
    FAILS(fstat(file, BAD));
}

static void sockets(void)
{
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t size = sizeof name;
    FAILS(bind(listener, BAD, sizeof name));
    FAILS(connect(other, BAD, sizeof name));
    if (bind(listener, (struct sockaddr *)&name, sizeof name.sun_family) || listen(listener, 5))
        abort();
    FAILS(getsockname(listener, BAD, &size));
    FAILS(getsockname(listener, (struct sockaddr *)&name, BAD));
    FAILS(getsockopt(listener, SOL_SOCKET, SO_TYPE, BAD, &size));
    FAILS(getsockopt(listener, SOL_SOCKET, SO_TYPE, &name, BAD));
    FAILS(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, BAD, 4));
    size = sizeof name;
    getsockname(listener, (struct sockaddr *)&name, &size);
    if (connect(other, (struct sockaddr *)&name, size))
        abort();
    FAILS(accept(listener, BAD, BAD));
}

static void waits(void)
{
    int events = epoll_create1(0), clock = timerfd_create(CLOCK_MONOTONIC, 0);
    struct epoll_event event;
    struct pollfd fd = {0, 0, 0};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    FAILS(nanosleep(BAD, NULL));
    RETURNS(clock_nanosleep(CLOCK_MONOTONIC, 0, BAD, NULL));
    RETURNS(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, BAD, NULL));
    FAILS(poll(BAD, 1, 0));
    FAILS(ppoll(BAD, 1, NULL, NULL));
    FAILS(ppoll(&fd, 1, &(struct timespec){0}, BAD));
    FAILS(select(1, BAD, NULL, NULL, NULL));
    FAILS(epoll_ctl(events, EPOLL_CTL_ADD, clock, BAD));
    event = (struct epoll_event){.events = EPOLLOUT};
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    if (epoll_ctl(events, EPOLL_CTL_ADD, pair[0], &event))
        abort();
    FAILS(epoll_wait(events, BAD, 1, 0));
    FAILS(epoll_pwait(events, &event, 1, 0, BAD));
    FAILS(epoll_pwait2(events, &event, 1, BAD, NULL));
    FAILS(sigsuspend(BAD));
    FAILS(sigwaitinfo(BAD, NULL));
    FAILS(sigtimedwait(&set, NULL, BAD));
    FAILS(sigpending(BAD));
    FAILS(timerfd_settime(clock, 0, BAD, NULL));
    FAILS(timerfd_gettime(clock, BAD));
    FAILS(setitimer(ITIMER_REAL, BAD, NULL));
    FAILS(getitimer(ITIMER_REAL, BAD));
    int queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    FAILS(msgsnd(queue, BAD, 10, IPC_NOWAIT));
    FAILS(msgctl(queue, IPC_STAT, BAD));
    msgctl(queue, IPC_RMID, NULL);
    int semaphores = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    FAILS(semop(semaphores, BAD, 1));
    FAILS(semtimedop(semaphores, &(struct sembuf){0, -1, 0}, 1, BAD));
    semctl(semaphores, 0, IPC_RMID);
    FAILS(sigaltstack(BAD, NULL));
    FAILS(getrlimit(RLIMIT_CORE, BAD));
    FAILS(setrlimit(RLIMIT_CORE, BAD));
    FAILS(getrusage(RUSAGE_SELF, BAD));
    FAILS(getrandom(BAD, 8, 0));
    FAILS(sched_setparam(0, BAD));
    FAILS(sched_getparam(0, BAD));
    FAILS(sched_setaffinity(0, 128, BAD));
    FAILS(syscall(SYS_futex, BAD, FUTEX_WAIT, 0, NULL, NULL, 0));
    int word = 0;
    FAILS(syscall(SYS_futex, &word, FUTEX_WAIT, 0, BAD, NULL, 0));
}

static void processes(void)
{
    char *argv[] = {"true", NULL}, *bad_argv[] = {"true", nowhere, NULL};
    FAILS(execve(BAD, argv, environ));
    FAILS(execve("/bin/true", BAD, environ));
    FAILS(execve("/bin/true", bad_argv, environ));
    FAILS(execve("/bin/true", argv, BAD));
    FAILS(execve("/bin/true", argv, bad_argv));
    FAILS(execv(BAD, argv));
    FAILS(execl(BAD, "true", (char *)NULL));
    FAILS(execveat(AT_FDCWD, BAD, argv, environ, 0));
    FAILS(fexecve(open("/bin/true", O_RDONLY | O_CLOEXEC), argv, BAD));
    RETURNS(posix_spawn(NULL, BAD, NULL, NULL, argv, environ));
    RETURNS(posix_spawn(NULL, "/bin/true", NULL, NULL, argv, BAD));
    if (fork() == 0)
        _exit(0);
    siginfo_t info;
    waitid(P_ALL, 0, &info, WEXITED | WNOWAIT);
    FAILS(waitid(P_ALL, 0, BAD, WEXITED | WNOHANG | WNOWAIT));
    FAILS(wait4(-1, BAD, 0, NULL) > 0);
}

static void *run(void *page)
{
    for (int i = 0; i < 2; i++) {
        paths();
        transfers();
        sockets();
        waits();
        processes();
        closefrom(3);
        nowhere = page;
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;
    void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    setvbuf(stdout, NULL, _IOLBF, 0);
    pthread_create(&thread, NULL, run, page);
    pthread_join(thread, NULL);
    _exit(fflush(stdout));
}
