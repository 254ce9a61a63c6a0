/* Load for memcached. usage: memcached_load PORT CLIENTS PAIRS
   Each client is a thread with a connection of its own that sets and gets values of 100 bytes, one
   request after another, over 1,000 keys. Prints how many requests were answered. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VALUE_BYTES 100
#define KEYS        1000

static int port;
static long pairs;
static atomic_long answered;

static int connected(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

/* Sends a request and reads until the answer ends as it must. */
static void ask(int fd, const char *request, const char *end)
{
    char answer[512];
    size_t size = strlen(request), got = 0, tail = strlen(end);
    if (write(fd, request, size) != (ssize_t)size)
        exit(1);
    while (got < tail || memcmp(answer + got - tail, end, tail) != 0) {
        ssize_t more = read(fd, answer + got, sizeof answer - got);
        if (more <= 0) {
            fprintf(stderr, "a wrong answer to %s", request);
            exit(1);
        }
        got += (size_t)more;
    }
    atomic_fetch_add_explicit(&answered, 1, memory_order_relaxed);
}

static void *client(void *argument)
{
    int fd = connected();
    char value[VALUE_BYTES + 1], request[256];
    memset(value, 'v', VALUE_BYTES);
    value[VALUE_BYTES] = '\0';
    for (long i = 0; i < pairs; i++) {
        long key = ((long)argument * 7919 + i) % KEYS;
        snprintf(request, sizeof request, "set key%ld 0 0 %d\r\n%s\r\n", key, VALUE_BYTES, value);
        ask(fd, request, "STORED\r\n");
        snprintf(request, sizeof request, "get key%ld\r\n", key);
        ask(fd, request, "END\r\n");
    }
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    pthread_t threads[64];
    int clients = atoi(argv[2]);
    port = atoi(argv[1]);
    pairs = atol(argv[3]);
    for (long i = 0; i < clients && i < 64; i++)
        pthread_create(&threads[i], NULL, client, (void *)i);
    for (long i = 0; i < clients && i < 64; i++)
        pthread_join(threads[i], NULL);
    printf("%ld\n", atomic_load(&answered));
    return 0;
}
