/* Threads that hold the only pointer to a block while the process ends: in a register of a loop, in
a vector register, on the stack of a blocking call, in thread-local storage, as the argument of one
that has not begun.
// options: --threads=off --handles=off
// expect: lock-held function=main role=acquired
*/
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>

#include "support.h"

static gate ready, go;
static atomic_int tids[64];
static atomic_int started;
static int idle[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, other = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static __thread void *volatile in_tls;

static void *block(void)
{
    void *made = malloc(333);
    memset(made, 7, 333);
    return made;
}

static void here(void)
{
    tids[atomic_fetch_add(&started, 1)] = support_tid();
    gate_open(&ready);
}

static void *in_register(void *unused)
{
    uintptr_t hidden = ~(uintptr_t)block();
    here();
    __asm__ volatile("mov %0, %%r12\n not %%r12\n xor %0, %0\n1: pause\n cmpl $0, %1\n je 1b"
                     : "+r"(hidden)
                     : "m"(go)
                     : "r12", "memory");
    return unused;
}

static void *in_vector(void *unused)
{
    uintptr_t hidden = ~(uintptr_t)block();
    here();
    __asm__ volatile("not %0\n movq %0, %%xmm9\n xor %0, %0\n1: pause\n cmpl $0, %1\n je 1b"
                     : "+r"(hidden)
                     : "m"(go)
                     : "xmm9", "memory");
    return unused;
}

static void *thread_local_storage(void *unused)
{
    in_tls = block();
    here();
    gate_wait(&go);
    return unused;
}

#define BLOCKED(name, ...)                                                                         \
    static void *name(void *unused)                                                                \
    {                                                                                              \
        void *held = block();                                                                      \
        here();                                                                                    \
        __VA_ARGS__;                                                                               \
        free(held);                                                                                \
        return unused;                                                                             \
    }

BLOCKED(in_read, char c; if (read(idle[0], &c, 1) < 0) abort())
BLOCKED(in_read_to_block, if (read(idle[0], block(), 1) < 0) abort())
BLOCKED(in_poll, struct pollfd fd = {.fd = idle[0], .events = POLLIN}; poll(&fd, 1, -1))
BLOCKED(in_select, fd_set set; FD_ZERO(&set); FD_SET(idle[0], &set);
        select(idle[0] + 1, &set, NULL, NULL, NULL))
BLOCKED(in_epoll, struct epoll_event event; epoll_wait(epoll_create1(EPOLL_CLOEXEC), &event, 1, -1))
BLOCKED(in_mutex, pthread_mutex_lock(&mutex))
BLOCKED(in_condition, pthread_mutex_lock(&other); pthread_cond_wait(&condition, &other))
BLOCKED(in_semaphore, sem_wait(&semaphore))
BLOCKED(in_sleep, struct timespec time = {.tv_sec = 1000}; nanosleep(&time, NULL))
BLOCKED(in_pause, pause())
BLOCKED(in_unwatched, support_call(SYS_pause, 0, 0, 0, 0))

int main(void)
{
    static void *(*const all[])(void *) = {
        in_register,  in_vector,        thread_local_storage,
        in_read,      in_read_to_block, in_poll,
        in_select,    in_epoll,         in_mutex,
        in_condition, in_semaphore,     in_sleep,
        in_pause,     in_unwatched,
    };
    int count = sizeof all / sizeof all[0];
    pthread_t thread;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, idle) < 0 || sem_init(&semaphore, 0, 0) < 0)
        return 1;
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < count; i++)
        pthread_create(&thread, NULL, all[i], NULL);
    gate_wait_count(&ready, count);
    for (int i = 0; i < count; i++)
        if (support_state(tids[i]) != 'R')
            wait_until_blocked(tids[i]);
    /* Perhaps not begun when the process ends. */
    pthread_create(&thread, NULL, in_sleep, block());
    return 0;
}
