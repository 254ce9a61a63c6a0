/* What one call costs. usage: call_cost CALL DEPTH COUNT
   Prints CPU ns of each CALL (see calls[]) at a call depth, while a second thread lives. Calls that
   begin with "locked-" hold a mutex, so that each is in an epoch of its own. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int zero, null, pair[2];
static char *from, *to;
static const char *file = "/dev/null";
static volatile size_t sink;

static void do_nothing(void)
{
}

/* Handles that only pass through. */
static void do_read(void)
{
    char byte[16];
    sink = (size_t)read(zero, byte, sizeof byte);
}

static void do_write(void)
{
    sink = (size_t)write(null, from, 16);
}

static void do_poll(void)
{
    struct pollfd ready = {.fd = null, .events = POLLOUT};
    sink = (size_t)poll(&ready, 1, 0);
}

static void do_send_recv(void)
{
    char bytes[64];
    sink = (size_t)send(pair[0], from, sizeof bytes, 0);
    sink = (size_t)recv(pair[1], bytes, sizeof bytes, 0);
}

/* Handles that are opened and closed. */
static void do_open_close(void)
{
    close(open(file, O_RDONLY));
}

static void do_fopen_fclose(void)
{
    fclose(fopen(file, "r"));
}

static void do_mmap_munmap(void)
{
    munmap(mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 65536);
}

/* Memory and strings. */
static void do_memcpy(void)
{
    memcpy(to, from, (size_t)100 + (sink & 0));
}

static void do_memcmp(void)
{
    sink = (size_t)memcmp(to, from, (size_t)20 + (sink & 0));
}

static void do_strlen(void)
{
    sink = strlen(from + (sink & 0));
}

static void do_strcmp(void)
{
    sink = (size_t)strcmp(from + (sink & 0), to);
}

static void do_memset_16(void)
{
    memset(to, 'x', (size_t)16 + (sink & 0));
}

static void do_new_memcpy(void)
{
    char *new = malloc(100);
    memcpy(new, from, (size_t)50 + (sink & 0));
    sink = (size_t) new;
    free(new);
}

#define LOCKED(call)                                                                               \
    static void do_locked_##call(void)                                                             \
    {                                                                                              \
        pthread_mutex_lock(&mutex);                                                                \
        do_##call();                                                                               \
        pthread_mutex_unlock(&mutex);                                                              \
    }
LOCKED(nothing)
LOCKED(memcpy)
LOCKED(memcmp)
LOCKED(strlen)
LOCKED(strcmp)
LOCKED(memset_16)

static const struct {
    const char *name;
    void (*call)(void);
} calls[] = {
    {"nothing", do_nothing},
    {"read", do_read},
    {"write", do_write},
    {"poll", do_poll},
    {"send-recv", do_send_recv},
    {"open-close", do_open_close},
    {"fopen-fclose", do_fopen_fclose},
    {"mmap-munmap", do_mmap_munmap},
    {"memcpy", do_memcpy},
    {"memcmp", do_memcmp},
    {"strlen", do_strlen},
    {"strcmp", do_strcmp},
    {"memset-16", do_memset_16},
    {"new-memcpy", do_new_memcpy},
    {"locked-nothing", do_locked_nothing},
    {"locked-memcpy", do_locked_memcpy},
    {"locked-memcmp", do_locked_memcmp},
    {"locked-strlen", do_locked_strlen},
    {"locked-strcmp", do_locked_strcmp},
    {"locked-memset-16", do_locked_memset_16},
};

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Each level is a frame of its own: not a tail call, not inlined. */
__attribute__((noinline)) static double descend(int levels, void (*call)(void), long count)
{
    if (levels > 0) {
        double below = descend(levels - 1, call, count);
        __asm__ volatile("" : "+x"(below));
        return below;
    }
    for (long i = 0; i < count / 10; i++)
        call();
    double best = 1e30;
    for (int round = 0; round < 10; round++) {
        double start = now_ns();
        for (long i = 0; i < count / 10; i++)
            call();
        double each = (now_ns() - start) / (double)(count / 10);
        best = each < best ? each : best;
    }
    return best;
}

static void *sleeps(void *argument)
{
    pause();
    return argument;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    pthread_t thread;
    zero = open("/dev/zero", O_RDONLY);
    null = open("/dev/null", O_WRONLY);
    from = malloc(128);
    to = malloc(128);
    memset(from, 'a', 128);
    memset(to, 'a', 128);
    from[99] = to[99] = '\0';
    if (zero < 0 || null < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 ||
        pthread_create(&thread, NULL, sleeps, NULL) != 0)
        return 1;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(calls[i].name, argv[1]) == 0) {
            printf("%.2f\n", descend(atoi(argv[2]) - 4, calls[i].call, atol(argv[3])));
            fflush(stdout);
            _exit(0);
        }
    return 2;
}
