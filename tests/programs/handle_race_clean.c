/* Uses and closes that are ordered: by join, by a message through the descriptor itself, by the
// end of the other side, by a mutex; and a number that goes from owner to owner.
// expect: none
*/
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "support.h"

static int first[2], second[2], log_fd;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *write_to(void *end)
{
    if (write(*(int *)end, "x", 1) != 1)
        abort();
    return NULL;
}

/* The last message of the writer orders its write before the close of both ends. */
static void by_message(void)
{
    pthread_t thread;
    char byte;
    if (pipe(first) != 0)
        abort();
    pthread_create(&thread, NULL, write_to, &first[1]);
    if (read(first[0], &byte, 1) != 1)
        abort();
    close(first[0]);
    close(first[1]);
    pthread_join(thread, NULL);
}

static void by_join(void)
{
    pthread_t thread;
    if (pipe(second) != 0)
        abort();
    pthread_create(&thread, NULL, write_to, &second[1]);
    pthread_join(thread, NULL);
    close(second[0]);
    close(second[1]);
}

static void *log_once(void *unused)
{
    pthread_mutex_lock(&lock);
    if (log_fd >= 0 && write(log_fd, "x", 1) != 1)
        abort();
    pthread_mutex_unlock(&lock);
    return unused;
}

static void by_lock(void)
{
    pthread_t thread;
    log_fd = open("/dev/null", O_WRONLY);
    pthread_create(&thread, NULL, log_once, NULL);
    pthread_mutex_lock(&lock);
    close(log_fd);
    log_fd = -1;
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
}

static void *open_and_close(void *unused)
{
    for (int i = 0; i < 1000; i++) {
        int fd = open("/dev/null", O_WRONLY);
        if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) != 0)
            abort();
    }
    return unused;
}

int main(void)
{
    pthread_t threads[4];
    by_message();
    by_join();
    by_lock();
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, open_and_close, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
