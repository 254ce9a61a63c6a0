/*
 * What the tests of carriers share: for each edge, one thread touches a buffer and gives; another,
 * which an invisible gate lets go only then, takes and touches the same buffer. Without CLEAN it
 * touches before it takes, so that nothing orders the two.
 *
 * A test defines its edges, and in main runs them: run_edge("name", prepare, give, take).
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../support.h"

#ifdef CLEAN
#define ORDERED 1
#else
#define ORDERED 0
#endif

struct edge {
    void (*give)(void), (*take)(void);
    char *shared;
    gate given;
};

#define CHECK(true)                                                                                \
    do {                                                                                           \
        if (!(true)) {                                                                             \
            perror(#true);                                                                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static volatile size_t shared_size = 32;

__attribute__((noinline)) static void touch(char *shared)
{
    memset(shared, 1, shared_size);
    __asm__ volatile("");
}

static void *giver(void *argument)
{
    struct edge *edge = argument;
    touch(edge->shared);
    edge->give();
    gate_open(&edge->given);
    return NULL;
}

static void *taker(void *argument)
{
    struct edge *edge = argument;
    gate_wait(&edge->given);
    if (!ORDERED)
        touch(edge->shared);
    edge->take();
    if (ORDERED)
        touch(edge->shared);
    return NULL;
}

/* With an argument only the edge of that name is run. */
static const char *only;

static void run_edge(const char *name, void (*prepare)(void), void (*give)(void),
                     void (*take)(void))
{
    pthread_t threads[2];
    static char shared[64][64];
    static int number;
    struct edge edge = {give, take, shared[number++], 0};
    if (only && strcmp(only, name) != 0)
        return;
    prepare();
    pthread_create(&threads[0], NULL, giver, &edge);
    pthread_create(&threads[1], NULL, taker, &edge);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}
