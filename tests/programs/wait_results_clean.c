/* Locks and waits of every type give the results that they give natively.
// build: -D_FORTIFY_SOURCE=2
// options: --locks=off
// expect: none
*/
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>

#include "support.h"

#define SHOW(call)                                                                                 \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long result = call;                                                                        \
        printf("%s: %ld %s\n", #call, result, strerrorname_np(errno));                             \
    } while (0)

static pthread_mutex_t mutex;
static volatile size_t one = 1; /* so that the compiler cannot know that there is room */

static void *dies_with_it(void *argument)
{
    pthread_mutex_lock(&mutex);
    return argument;
}

static void mutex_of(int type, int robust, int protocol)
{
    pthread_mutexattr_t attr;
    pthread_t thread;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, type);
    pthread_mutexattr_setrobust(&attr, robust);
    pthread_mutexattr_setprotocol(&attr, protocol);
    pthread_mutex_init(&mutex, &attr);
    printf("mutex type %d robust %d protocol %d\n", type, robust, protocol);
    struct timespec past = {0};
    SHOW(pthread_mutex_lock(&mutex));
    SHOW(pthread_mutex_trylock(&mutex));
    if (type == PTHREAD_MUTEX_ERRORCHECK || type == PTHREAD_MUTEX_RECURSIVE)
        SHOW(pthread_mutex_lock(&mutex));
    SHOW(pthread_mutex_timedlock(&mutex, &past));
    SHOW(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &past));
    SHOW(pthread_mutex_clocklock(&mutex, CLOCK_PROCESS_CPUTIME_ID, &past));
    while (pthread_mutex_unlock(&mutex) == 0 && type == PTHREAD_MUTEX_RECURSIVE)
        ;
    if (robust == PTHREAD_MUTEX_ROBUST) {
        pthread_create(&thread, NULL, dies_with_it, NULL);
        pthread_join(thread, NULL);
        SHOW(pthread_mutex_lock(&mutex));
        SHOW(pthread_mutex_unlock(&mutex));
        SHOW(pthread_mutex_lock(&mutex));
    }
}

static void rwlocks(void)
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    struct timespec past = {0};
    SHOW(pthread_rwlock_rdlock(&lock));
    SHOW(pthread_rwlock_rdlock(&lock));
    SHOW(pthread_rwlock_timedwrlock(&lock, &past));
    SHOW(pthread_rwlock_unlock(&lock));
    SHOW(pthread_rwlock_unlock(&lock));
    SHOW(pthread_rwlock_wrlock(&lock));
    SHOW(pthread_rwlock_rdlock(&lock));
    SHOW(pthread_rwlock_wrlock(&lock));
    SHOW(pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, &past));
    SHOW(pthread_rwlock_unlock(&lock));
}

static void conditions(void)
{
    pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond;
    pthread_condattr_t attr;
    struct timespec past = {0};
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&cond, &attr);
    pthread_mutex_lock(&held);
    SHOW(pthread_cond_timedwait(&cond, &held, &past));
    SHOW(pthread_cond_clockwait(&cond, &held, CLOCK_REALTIME, &past));
    pthread_mutex_unlock(&held);

    mtx_t timed;
    mtx_init(&timed, mtx_timed);
    SHOW(mtx_lock(&timed));
    SHOW(mtx_timedlock(&timed, &past));
    cnd_t c11;
    cnd_init(&c11);
    SHOW(cnd_timedwait(&c11, &timed, &past));
    SHOW(mtx_unlock(&timed));

    sem_t semaphore;
    sem_init(&semaphore, 0, 1);
    SHOW(sem_wait(&semaphore));
    SHOW(sem_timedwait(&semaphore, &past));
    SHOW(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &past));
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 1);
    SHOW(pthread_barrier_wait(&barrier));
    pthread_spinlock_t spin;
    pthread_spin_init(&spin, 0);
    SHOW(pthread_spin_lock(&spin));
}

static void descriptors(void)
{
    int ends[2];
    char bytes[8];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return;
    struct iovec part = {bytes, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct pollfd ready = {.fd = ends[0], .events = POLLIN};
    struct timespec no_time = {0}, short_time = {.tv_nsec = 1};
    SHOW(poll(&ready, one, 0));
    SHOW(poll(&ready, one, 1));
    SHOW(ppoll(&ready, one, &no_time, NULL));
    SHOW(ppoll(&ready, one, &short_time, NULL));
    SHOW(write(ends[1], "12", 2));
    SHOW(send(ends[1], "34", 2, 0));
    SHOW(writev(ends[1], &part, 1));
    SHOW(sendmsg(ends[1], &message, 0));
    SHOW(sendto(ends[1], "567", 3, 0, NULL, 0));
    SHOW(poll(&ready, one, -1));
    SHOW(read(ends[0], bytes, one));
    SHOW(recv(ends[0], bytes, one, 0));
    SHOW(recvfrom(ends[0], bytes, one, 0, NULL, NULL));
    SHOW(recvmsg(ends[0], &message, 0));
    SHOW(readv(ends[0], &part, 1));
    SHOW(pread(ends[0], bytes, one, 0));
    SHOW(read(-1, bytes, one));
    SHOW(recv(ends[0], bytes, sizeof bytes, MSG_DONTWAIT));
    SHOW(recv(ends[0], bytes, one, MSG_DONTWAIT));
    fd_set set;
    struct timeval no_time_us = {0};
    FD_ZERO(&set);
    FD_SET(ends[1], &set);
    SHOW(select(ends[1] + 1, NULL, &set, NULL, NULL));
    SHOW(select(ends[1] + 1, NULL, &set, NULL, &no_time_us));
    SHOW(pselect(ends[1] + 1, NULL, &set, NULL, &short_time, NULL));
    struct epoll_event event = {.events = EPOLLOUT};
    int epoll = epoll_create1(0);
    SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[1], &event));
    SHOW(epoll_wait(epoll, &event, 1, -1));
    SHOW(epoll_pwait(epoll, &event, 1, 0, NULL));
    SHOW(epoll_pwait2(epoll, &event, 1, &short_time, NULL));
    SHOW(connect(ends[0], NULL, 0));
    SHOW(flock(ends[0], LOCK_EX));
    SHOW(lockf(ends[0], F_LOCK, 0));
    close(epoll);
    close(ends[0]);
    close(ends[1]);
}

static void rest(void)
{
    struct timespec short_time = {.tv_nsec = 1}, wrong = {.tv_nsec = -1};
    sigset_t set;
    int signal = 0, word = 0;
    SHOW(nanosleep(&short_time, NULL));
    SHOW(nanosleep(&wrong, NULL));
    SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &short_time, NULL));
    SHOW(usleep(1));
    SHOW(sleep(0));
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    SHOW(sigtimedwait(&set, NULL, &short_time));
    raise(SIGUSR1);
    SHOW(sigwait(&set, &signal));
    raise(SIGUSR1);
    SHOW(sigwaitinfo(&set, NULL));
    SHOW(wait(NULL));
    SHOW(waitpid(-1, NULL, WNOHANG));
    SHOW(waitid(P_ALL, 0, NULL, WEXITED));
    SHOW(syscall(SYS_futex, &word, FUTEX_WAIT, 1, NULL, NULL, 0));
    SHOW(syscall(SYS_futex, &word, FUTEX_WAIT, 0, &short_time, NULL, 0));
    SHOW(syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0));
    SHOW(syscall(SYS_getpid) == getpid());
    SHOW(syscall(SYS_pread64, -1, NULL, 1, 0));
}

int main(void)
{
    int types[] = {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
                   PTHREAD_MUTEX_ADAPTIVE_NP};
    for (int i = 0; i < 4; i++)
        for (int robust = 0; robust < 2; robust++)
            for (int protocol = 0; protocol < 2; protocol++)
                mutex_of(types[i], robust, protocol);
    rwlocks();
    conditions();
    descriptors();
    rest();
    return 0;
}
