/*
 * A small server that shows what holdfast finds: a thread accepts connections on loopback, workers
 * answer requests, and the main thread is its own client and ends by itself. Faults are planted
 * where such programs have them, each marked FAULT:
 *
 *   - a request's buffer (and what hangs on it) is lost when the request makes no sense
 *   - a descriptor is lost on an error path
 *   - a file is closed by the function that reads it and again by its caller
 *   - the access log is never closed
 *   - the thread that counts is never joined
 *   - a thread waits for a word that nobody says
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORKERS = 3, ROUNDS = 40, LINE = 256 };

struct request {
    char *line;
    char *path;
    int connection;
};

/* Connections from the acceptor to the workers; -1 tells a worker to end. */
static struct queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    int connections[64];
    unsigned head, tail;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};

static pthread_mutex_t reload_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t reload_asked = PTHREAD_COND_INITIALIZER;
static int reload_wanted;

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *access_log;
static unsigned answered;

static void queue_put(int connection)
{
    pthread_mutex_lock(&queue.lock);
    queue.connections[queue.head++ % 64] = connection;
    pthread_cond_signal(&queue.filled);
    pthread_mutex_unlock(&queue.lock);
}

static int queue_take(void)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.tail == queue.head)
        pthread_cond_wait(&queue.filled, &queue.lock);
    int connection = queue.connections[queue.tail++ % 64];
    pthread_mutex_unlock(&queue.lock);
    return connection;
}

static void request_destroy(struct request *request)
{
    free(request->path);
    free(request->line);
    free(request);
}

static struct request *request_read(int connection)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->connection = connection;
    request->line = malloc(LINE);
    ssize_t length = request->line ? read(connection, request->line, LINE - 1) : -1;
    if (length <= 0) {
        request_destroy(request);
        return NULL;
    }
    request->line[length] = '\0';
    char path[LINE];
    if (sscanf(request->line, "GET %255s", path) != 1)
        return NULL; /* FAULT: the request and its line are lost */
    request->path = strdup(path);
    return request;
}

/* Reads the mode from a file, as servers do; 0 or -1. */
static int load_mode(const char *name)
{
    char word[16] = "";
    int file = open(name, O_RDONLY);
    if (file < 0)
        return -1;
    if (read(file, word, sizeof word - 1) < 0 || strncmp(word, "mode", 4) != 0)
        return -1; /* FAULT: file stays open */
    close(file);
    return 0;
}

/* Reads what is in file and closes it. Returns the number of bytes, or -1. */
static ssize_t read_all(int file, char *text, size_t size)
{
    ssize_t length = read(file, text, size);
    close(file);
    return length;
}

static int check_memory(void)
{
    char text[LINE];
    int file = open("/proc/self/statm", O_RDONLY);
    ssize_t length = read_all(file, text, sizeof text);
    close(file); /* FAULT: read_all() has closed it */
    return length > 0 ? 0 : -1;
}

static void answer(struct request *request)
{
    const char *text = "200 hello\n";
    if (!strcmp(request->path, "/config"))
        text = load_mode("/proc/self/cmdline") == 0 ? "200 loaded\n" : "500 no mode\n";
    else if (!strcmp(request->path, "/health"))
        text = check_memory() == 0 ? "200 healthy\n" : "500 ill\n";
    if (write(request->connection, text, strlen(text)) < 0)
        perror("write");
    pthread_mutex_lock(&log_lock);
    fprintf(access_log, "%s %s", request->path, text);
    answered++;
    pthread_mutex_unlock(&log_lock);
}

static void serve(int connection)
{
    struct request *request = request_read(connection);
    if (request) {
        answer(request);
        request_destroy(request);
    } else if (write(connection, "400 what?\n", 10) < 0) {
        perror("write");
    }
    close(connection);
}

static void *worker(void *unused)
{
    int connection;
    while ((connection = queue_take()) >= 0)
        serve(connection);
    return unused;
}

static void *acceptor(void *listening)
{
    for (unsigned i = 0; i < ROUNDS; i++)
        queue_put(accept4(*(int *)listening, NULL, NULL, SOCK_CLOEXEC));
    for (unsigned i = 0; i < WORKERS; i++)
        queue_put(-1);
    return NULL;
}

/* Writes a line of statistics and ends. */
static void *counter(void *unused)
{
    pthread_mutex_lock(&log_lock);
    fprintf(access_log, "# %u answered so far\n", answered);
    pthread_mutex_unlock(&log_lock);
    return unused;
}

/* Reloads when it is asked to. */
static void *reloader(void *unused)
{
    pthread_mutex_lock(&reload_lock);
    while (!reload_wanted)
        pthread_cond_wait(&reload_asked, &reload_lock); /* FAULT: nobody signals, nobody joins */
    pthread_mutex_unlock(&reload_lock);
    return unused;
}

static int listen_on_loopback(struct sockaddr_in *ret_address)
{
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t length = sizeof *ret_address;
    *ret_address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (listening < 0 || bind(listening, (struct sockaddr *)ret_address, length) ||
        listen(listening, 16) || getsockname(listening, (struct sockaddr *)ret_address, &length)) {
        perror("listen");
        exit(1);
    }
    return listening;
}

/* One request as a client; waits for the whole answer. */
static void ask(const struct sockaddr_in *address, const char *request)
{
    char text[LINE];
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0 || connect(connection, (const struct sockaddr *)address, sizeof *address) ||
        write(connection, request, strlen(request)) < 0) {
        perror("client");
        exit(1);
    }
    while (read(connection, text, sizeof text) > 0)
        ;
    close(connection);
}

static void start(pthread_t *ret_thread, const char *name, void *(*function)(void *),
                  void *argument)
{
    if (pthread_create(ret_thread, NULL, function, argument)) {
        fputs("cannot create a thread\n", stderr);
        exit(1);
    }
    pthread_setname_np(*ret_thread, name);
}

int main(void)
{
    static const char *const requests[] = {"GET /hello\n", "GET /config\n", "PUT\n", "GET /hello\n",
                                           "GET /health\n"};
    struct sockaddr_in address;
    int listening = listen_on_loopback(&address);
    pthread_t accepting, workers[WORKERS], counting, reloading;
    access_log = fopen("/dev/null", "w"); /* FAULT: never closed */
    if (!access_log)
        return 1;
    start(&accepting, "acceptor", acceptor, &listening);
    start(&reloading, "reloader", reloader, NULL);
    for (unsigned i = 0; i < WORKERS; i++)
        start(&workers[i], "worker", worker, NULL);
    start(&counting, "counter", counter, NULL); /* FAULT: never joined */
    for (unsigned i = 0; i < ROUNDS; i++)
        ask(&address, requests[i % (sizeof requests / sizeof requests[0])]);
    pthread_join(accepting, NULL);
    for (unsigned i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    close(listening);
    printf("demo server: %u requests answered\n", answered);
    return 0;
}
