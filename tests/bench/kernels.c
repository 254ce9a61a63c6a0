/*
 * Ten small programs of two threads, free of races, for what watching each load and store costs.
 * usage: kernels NAME REPEATS. Prints wall seconds, CPU seconds and the peak of memory in kB, of
 * the work alone.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS 2

static int repeats;

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A hash table, chained, with a lock for each stripe of buckets. */
#define BUCKETS 4096
#define STRIPES 64
struct node {
    unsigned key, value;
    struct node *next;
};
static struct node *buckets[BUCKETS];
static pthread_mutex_t stripes[STRIPES];

static void count_key(unsigned key)
{
    unsigned bucket = key % BUCKETS;
    pthread_mutex_lock(&stripes[bucket % STRIPES]);
    struct node *node = buckets[bucket];
    while (node && node->key != key)
        node = node->next;
    if (!node) {
        node = malloc(sizeof *node);
        *node = (struct node){.key = key, .next = buckets[bucket]};
        buckets[bucket] = node;
    }
    node->value++;
    pthread_mutex_unlock(&stripes[bucket % STRIPES]);
}

static void hash_table(int thread)
{
    unsigned state = (unsigned)thread + 1;
    for (int i = 0; i < 20000 * repeats; i++)
        count_key(next_random(&state) % 20000);
}

/* A five-point stencil; the threads meet at a barrier after each step. */
#define SIDE 384
static double grid[2][SIDE][SIDE];
static pthread_barrier_t barrier;

static void stencil(int thread)
{
    int first = thread ? SIDE / 2 : 1, last = thread ? SIDE - 1 : SIDE / 2;
    for (int step = 0; step < 4 * repeats; step++) {
        double(*from)[SIDE] = grid[step % 2], (*to)[SIDE] = grid[(step + 1) % 2];
        for (int y = first; y < last; y++)
            for (int x = 1; x < SIDE - 1; x++)
                to[y][x] =
                    0.25 * (from[y - 1][x] + from[y + 1][x] + from[y][x - 1] + from[y][x + 1]);
        pthread_barrier_wait(&barrier);
    }
}

/* Both threads add up one array. */
#define COUNT (1 << 18)
static long numbers[COUNT];
static long sums[THREADS];

static void array_sum(int thread)
{
    for (int round = 0; round < 8 * repeats; round++) {
        long sum = 0;
        for (int i = 0; i < COUNT; i++)
            sum += numbers[i];
        sums[thread] += sum;
    }
}

/* A list in an order that the cache does not guess, walked by both. */
#define LINKS (1 << 16)
struct link {
    struct link *next;
    long value;
};
static struct link links[LINKS];

static void list_walk(int thread)
{
    long sum = 0;
    for (int round = 0; round < 2 * repeats; round++)
        for (struct link *at = &links[0]; at; at = at->next)
            sum += at->value;
    sums[thread] += sum;
}

/* Copies of blocks, by the library. */
static char copied[THREADS][2][1 << 16];

static void copying(int thread)
{
    for (int round = 0; round < 400 * repeats; round++) {
        memcpy(copied[thread][1], copied[thread][0], sizeof copied[0][0]);
        copied[thread][0][round % 100] = (char)round;
    }
}

/* How often each byte occurs. */
static unsigned char text[1 << 20];
static unsigned histograms[THREADS][256];

static void histogram(int thread)
{
    size_t half = sizeof text / 2;
    for (int round = 0; round < 3 * repeats; round++)
        for (size_t i = 0; i < half; i++)
            histograms[thread][text[(size_t)thread * half + i]]++;
}

#define RANK 160
double left[RANK][RANK], right[RANK][RANK], product[RANK][RANK];

static void matrix_product(int thread)
{
    for (int round = 0; round < repeats; round++)
        for (int y = thread * RANK / 2; y < (thread + 1) * RANK / 2; y++)
            for (int x = 0; x < RANK; x++) {
                double sum = 0;
                for (int k = 0; k < RANK; k++)
                    sum += left[y][k] * right[k][x];
                product[y][x] = sum;
            }
}

/* Quicksort of a half each; recursive functions. */
static unsigned keys[THREADS][1 << 16];

static void quicksort(unsigned *first, unsigned *last)
{
    while (last - first > 1) {
        unsigned pivot = first[(last - first) / 2], *low = first, *high = last - 1;
        while (low <= high) {
            while (*low < pivot)
                low++;
            while (*high > pivot)
                high--;
            if (low <= high) {
                unsigned swapped = *low;
                *low++ = *high;
                *high-- = swapped;
            }
        }
        quicksort(first, high + 1);
        first = low;
    }
}

static void sort(int thread)
{
    for (int round = 0; round < repeats; round++) {
        unsigned state = (unsigned)(round + thread);
        for (int i = 0; i < 1 << 16; i++)
            keys[thread][i] = next_random(&state);
        quicksort(keys[thread], keys[thread] + (1 << 16));
    }
}

/* One fills a queue, the other empties it. */
#define ROOM 64
static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    long items[ROOM];
    unsigned head, tail;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER,
           .filled = PTHREAD_COND_INITIALIZER,
           .emptied = PTHREAD_COND_INITIALIZER};

static void put(long item)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.head - queue.tail == ROOM)
        pthread_cond_wait(&queue.emptied, &queue.lock);
    queue.items[queue.head++ % ROOM] = item;
    pthread_cond_signal(&queue.filled);
    pthread_mutex_unlock(&queue.lock);
}

static long take(void)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.head == queue.tail)
        pthread_cond_wait(&queue.filled, &queue.lock);
    long item = queue.items[queue.tail++ % ROOM];
    pthread_cond_signal(&queue.emptied);
    pthread_mutex_unlock(&queue.lock);
    return item;
}

static void queueing(int thread)
{
    for (int i = 0; i < 20000 * repeats; i++) {
        if (thread)
            sums[1] += take();
        else
            put(i);
    }
}

/* Counters of several orders, one shared and one of each thread. */
static atomic_long shared_counter;
static struct {
    atomic_long count;
    char padding[120];
} counters[THREADS];

static void atomic_counters(int thread)
{
    for (int i = 0; i < 50000 * repeats; i++) {
        atomic_fetch_add_explicit(&counters[thread].count, 1, memory_order_relaxed);
        if (i % 4 == 0)
            atomic_fetch_add(&shared_counter, 1);
        sums[thread] += atomic_load_explicit(&counters[thread].count, memory_order_acquire);
    }
}

static const struct kernel {
    const char *name;
    void (*run)(int thread);
} kernels[] = {{"hash-table", hash_table},  {"stencil", stencil}, {"array-sum", array_sum},
               {"list-walk", list_walk},    {"memcpy", copying},  {"histogram", histogram},
               {"matrix", matrix_product},  {"sort", sort},       {"queue", queueing},
               {"atomics", atomic_counters}};
#define KERNELS (sizeof kernels / sizeof kernels[0])

static const struct kernel *chosen;

static void *work(void *number)
{
    chosen->run((int)(long)number);
    return NULL;
}

static void make_data(void)
{
    unsigned state = 7;
    for (int i = 0; i < STRIPES; i++)
        pthread_mutex_init(&stripes[i], NULL);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < COUNT; i++)
        numbers[i] = i;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)next_random(&state);
    /* i -> i * 40501 + 3 modulo a power of two is one cycle (Hull and Dobell: 40501 % 4 == 1). */
    unsigned at = 0;
    for (int i = 0; i < LINKS; i++) {
        unsigned next = (at * 40501u + 3u) % LINKS;
        links[at] = (struct link){.next = i + 1 < LINKS ? &links[next] : NULL, .value = i};
        at = next;
    }
}

/* kB. Not getrusage's: an exec keeps the peak of who called it. */
static long peak_memory(void)
{
    char line[256];
    long peak = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status) && sscanf(line, "VmHWM: %ld", &peak) != 1)
        ;
    if (status)
        fclose(status);
    return peak;
}

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; argc == 3 && i < KERNELS; i++)
        if (!strcmp(argv[1], kernels[i].name))
            chosen = &kernels[i];
    if (!chosen)
        return 2;
    repeats = atoi(argv[2]);
    make_data();
    double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    wall = now(CLOCK_MONOTONIC) - wall;
    cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("%.6f %.6f %ld\n", wall, cpu, peak_memory());
    return 0;
}
