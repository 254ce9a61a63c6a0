/* Threads that wait for good, for everything that one can wait for in a process.
// expect: blocked-thread severity=warning wait=mutex function=on_mutex role=waiting
// expect: blocked-thread severity=warning wait=mutex function=on_mutex role=waiting
// expect: blocked-thread severity=warning wait=rwlock-read function=on_read_lock role=waiting
// expect: blocked-thread severity=warning wait=rwlock-write function=on_write_lock role=waiting
// expect: blocked-thread severity=warning wait=mutex function=on_c11_mutex role=waiting
// expect: blocked-thread severity=warning wait=condition function=on_condition role=waiting
// expect: blocked-thread severity=warning wait=condition function=on_c11_condition role=waiting
// expect: blocked-thread severity=warning wait=semaphore function=on_semaphore role=waiting
// expect: blocked-thread severity=warning wait=barrier function=on_barrier role=waiting
// expect: blocked-thread severity=warning wait=read function=on_read role=waiting
// expect: blocked-thread severity=warning wait=read function=on_recv role=waiting
// expect: blocked-thread severity=warning wait=write function=on_write role=waiting
// expect: blocked-thread severity=warning wait=accept function=on_accept role=waiting
// expect: blocked-thread severity=warning wait=poll function=on_poll role=waiting
// expect: blocked-thread severity=warning wait=select function=on_select role=waiting
// expect: blocked-thread severity=warning wait=epoll function=on_epoll role=waiting
// expect: blocked-thread severity=warning wait=signal function=on_signal role=waiting
// expect: blocked-thread severity=warning wait=signal function=on_pause role=waiting
// expect: blocked-thread severity=warning wait=futex function=on_futex role=waiting
// expect: blocked-thread severity=warning wait=join function=on_join role=waiting
// expect: blocked-thread function=on_mutex text=held_by_the_main_thread
// expect: blocked-thread function=on_mutex text=held_by_the_main_thread
// expect: blocked-thread function=on_read_lock text=held_by_the_main_thread
// expect: blocked-thread function=on_c11_mutex text=held_by_the_main_thread
// expect: lock-held count=1 function=main role=acquired
// expect: lock-held count=1 function=main role=acquired
// expect: lock-held count=1 function=main role=acquired
// expect: lock-held count=1 function=main role=acquired
// expect: thread-leak count=1 severity=warning function=main role=created
// expect: thread-leak severity=note function=start role=created
// expect: fd-leak count=2 function=make_pipe role=opened
// expect: fd-leak count=2 function=make_full_pipe role=opened
// expect: fd-leak count=1 function=make_listener role=opened
// expect: fd-leak count=2 function=make_sockets role=opened
// expect: fd-leak count=1 function=on_epoll role=opened
*/
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <threads.h>

#include "support.h"

/* Keeps the call before it from becoming a jump, which would leave no frame. */
#define STAY __asm__ volatile("")

static gate started;
static atomic_int tid;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, cond_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t written = PTHREAD_RWLOCK_INITIALIZER,
                        read_held = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static mtx_t c11_mutex, c11_cond_mutex;
static cnd_t c11_cond;
static sem_t semaphore;
static pthread_barrier_t barrier;
static int empty[2], full[2], sockets[2], listener, word;
static pthread_t blocked_thread;

__attribute__((noinline)) static void on_mutex(void)
{
    pthread_mutex_lock(&mutex);
    STAY;
}

__attribute__((noinline)) static void on_read_lock(void)
{
    pthread_rwlock_rdlock(&written);
    STAY;
}

__attribute__((noinline)) static void on_write_lock(void)
{
    pthread_rwlock_wrlock(&read_held);
    STAY;
}

__attribute__((noinline)) static void on_c11_mutex(void)
{
    mtx_lock(&c11_mutex);
    STAY;
}

__attribute__((noinline)) static void on_condition(void)
{
    pthread_mutex_lock(&cond_mutex);
    pthread_cond_wait(&cond, &cond_mutex);
    STAY;
}

__attribute__((noinline)) static void on_c11_condition(void)
{
    mtx_lock(&c11_cond_mutex);
    cnd_wait(&c11_cond, &c11_cond_mutex);
    STAY;
}

__attribute__((noinline)) static void on_semaphore(void)
{
    sem_wait(&semaphore);
    STAY;
}

__attribute__((noinline)) static void on_barrier(void)
{
    pthread_barrier_wait(&barrier);
    STAY;
}

__attribute__((noinline)) static void on_read(void)
{
    char byte;
    if (read(empty[0], &byte, 1) < 0)
        abort();
    STAY;
}

__attribute__((noinline)) static void on_recv(void)
{
    char byte;
    recv(sockets[0], &byte, 1, 0);
    STAY;
}

__attribute__((noinline)) static void on_write(void)
{
    if (write(full[1], "x", 1) < 0)
        abort();
    STAY;
}

__attribute__((noinline)) static void on_accept(void)
{
    accept(listener, NULL, NULL);
    STAY;
}

__attribute__((noinline)) static void on_poll(void)
{
    struct pollfd one = {.fd = empty[0], .events = POLLIN};
    poll(&one, 1, -1);
    STAY;
}

__attribute__((noinline)) static void on_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(empty[0], &set);
    select(empty[0] + 1, &set, NULL, NULL, NULL);
    STAY;
}

__attribute__((noinline)) static void on_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0);
    epoll_ctl(epoll, EPOLL_CTL_ADD, empty[0], &event);
    epoll_wait(epoll, &event, 1, -1);
    STAY;
}

__attribute__((noinline)) static void on_signal(void)
{
    sigset_t set;
    int signal;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigwait(&set, &signal);
    STAY;
}

__attribute__((noinline)) static void on_pause(void)
{
    pause();
    STAY;
}

__attribute__((noinline)) static void on_futex(void)
{
    syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
    STAY;
}

__attribute__((noinline)) static void on_join(void)
{
    pthread_join(blocked_thread, NULL);
    STAY;
}

static void *run(void *argument)
{
    atomic_store(&tid, support_tid());
    gate_open(&started);
    ((void (*)(void))argument)();
    return NULL;
}

__attribute__((noinline)) static void start(void (*place)(void))
{
    static int count;
    pthread_t thread;
    pthread_create(&thread, NULL, run, (void *)place);
    pthread_detach(thread);
    gate_wait_count(&started, ++count);
    wait_until_blocked(atomic_load(&tid));
}

__attribute__((noinline)) static void make_pipe(void)
{
    if (pipe(empty) != 0)
        abort();
}

__attribute__((noinline)) static void make_full_pipe(void)
{
    static char bytes[1 << 16];
    if (pipe(full) != 0 || write(full[1], bytes, sizeof bytes) != sizeof bytes)
        abort();
}

__attribute__((noinline)) static void make_sockets(void)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0)
        abort();
}

__attribute__((noinline)) static void make_listener(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX}; /* the kernel finds a name */
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0 ||
        listen(listener, 1) != 0)
        abort();
}

int main(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    make_pipe();
    make_full_pipe();
    make_sockets();
    make_listener();
    mtx_init(&c11_mutex, mtx_plain);
    mtx_init(&c11_cond_mutex, mtx_plain);
    cnd_init(&c11_cond);
    sem_init(&semaphore, 0, 0);
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_mutex_lock(&mutex);
    mtx_lock(&c11_mutex);
    pthread_rwlock_wrlock(&written);
    pthread_rwlock_rdlock(&read_held);
    void (*const places[])(void) = {
        on_mutex,         on_read_lock, on_write_lock, on_c11_mutex, on_condition, on_semaphore,
        on_c11_condition, on_barrier,   on_read,       on_recv,      on_write,     on_accept,
        on_poll,          on_select,    on_epoll,      on_signal,    on_pause,     on_futex};
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++)
        start(places[i]);
    /* on_join waits for one that itself waits for good. Only the joiner is left behind. */
    pthread_create(&blocked_thread, NULL, run, (void *)on_mutex);
    gate_wait_count(&started, sizeof places / sizeof places[0] + 1);
    wait_until_blocked(atomic_load(&tid));
    pthread_t joiner;
    pthread_create(&joiner, NULL, run, (void *)on_join);
    gate_wait_count(&started, sizeof places / sizeof places[0] + 2);
    wait_until_blocked(atomic_load(&tid));
    return 0;
}
