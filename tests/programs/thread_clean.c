/* Every way to make a thread and to settle it rightly: the same results as natively, nothing told.
// expect: none
*/
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

#include "support.h"

static gate opened, detached_done;

static void *give(void *argument)
{
    return argument;
}

static void *after_gate(void *argument)
{
    gate_wait(&opened);
    return argument;
}

static void *detaches_itself(void *argument)
{
    printf("detach itself: %d\n", pthread_detach(pthread_self()));
    gate_open(&detached_done);
    return argument;
}

static void *detached(void *argument)
{
    gate_open(&detached_done);
    return argument;
}

static void clean(void *argument)
{
    printf("cleanup %s\n", (const char *)argument);
}

static __attribute__((noinline)) void leave(void)
{
    pthread_exit((void *)5);
}

static void *exits(void *argument)
{
    pthread_cleanup_push(clean, "exit");
    leave();
    pthread_cleanup_pop(0);
    return argument;
}

static pthread_key_t key;

static void destroy(void *block)
{
    printf("destroy %s\n", (const char *)block);
    free(block);
}

static void *with_key(void *argument)
{
    char *block = malloc(16);
    snprintf(block, 16, "key");
    pthread_setspecific(key, block);
    return argument;
}

/* On 16 KiB, two of them the thread's own. */
static void *on_small_stack(void *argument)
{
    volatile char filler[2048];
    filler[0] = filler[2047] = 1;
    free(malloc(100));
    printf("small stack %d\n", filler[0] + filler[2047]);
    return argument;
}

static int c11_returns(void *argument)
{
    return (int)(intptr_t)argument;
}

static int c11_exits(void *argument)
{
    thrd_exit((int)(intptr_t)argument);
}

static struct timespec soon(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now;
}

static void join(const char *what, pthread_t thread)
{
    void *result = NULL;
    int error = pthread_join(thread, &result);
    printf("%s: %d %p\n", what, error, result);
}

static void joins(void)
{
    pthread_t thread;
    void *result = NULL;
    pthread_create(&thread, NULL, give, (void *)3);
    join("join", thread);
    pthread_create(&thread, NULL, exits, NULL);
    join("exit", thread);
    pthread_create(&thread, NULL, with_key, NULL);
    join("key", thread);

    pthread_create(&thread, NULL, after_gate, (void *)4);
    struct timespec now = soon(CLOCK_REALTIME), monotonic = soon(CLOCK_MONOTONIC);
    printf("busy: %d\n", pthread_tryjoin_np(thread, &result) == EBUSY);
    printf("timed out: %d\n", pthread_timedjoin_np(thread, &result, &now) == ETIMEDOUT);
    printf("timed out: %d\n",
           pthread_clockjoin_np(thread, &result, CLOCK_MONOTONIC, &monotonic) == ETIMEDOUT);
    gate_open(&opened);
    int error = pthread_timedjoin_np(thread, &result, NULL);
    printf("timed join: %d %p\n", error, result);

    pthread_create(&thread, NULL, give, (void *)6);
    monotonic.tv_sec += 1000;
    error = pthread_clockjoin_np(thread, &result, CLOCK_MONOTONIC, &monotonic);
    printf("clock join: %d %p\n", error, result);

    pthread_create(&thread, NULL, give, (void *)7);
    while ((error = pthread_tryjoin_np(thread, &result)) == EBUSY)
        thrd_yield();
    printf("try join: %d %p\n", error, result);
}

static void attributes(void)
{
    static char stack[65536] __attribute__((aligned(64)));
    pthread_attr_t attr;
    pthread_t thread;
    pthread_attr_init(&attr);
    printf("stack size: %d\n", pthread_attr_setstacksize(&attr, 16384));
    pthread_create(&thread, &attr, on_small_stack, NULL);
    join("small", thread);
    pthread_attr_setguardsize(&attr, 0);
    pthread_create(&thread, &attr, on_small_stack, NULL);
    join("small without guard", thread);
    printf("stack: %d\n", pthread_attr_setstack(&attr, stack, sizeof stack));
    pthread_create(&thread, &attr, on_small_stack, NULL);
    join("own stack", thread);
    pthread_attr_destroy(&attr);

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, (size_t)1 << 46);
    printf("too large: %d\n", pthread_create(&thread, &attr, give, NULL));
    pthread_attr_destroy(&attr);
}

static void detaches(void)
{
    pthread_attr_t attr;
    pthread_t thread;
    pthread_create(&thread, NULL, detaches_itself, NULL);
    gate_wait_count(&detached_done, 1);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &attr, detached, NULL);
    gate_wait_count(&detached_done, 2);
    pthread_attr_destroy(&attr);
    pthread_create(&thread, NULL, detached, NULL);
    printf("detach: %d\n", pthread_detach(thread));
    gate_wait_count(&detached_done, 3);
}

static void c11(void)
{
    thrd_t thread;
    int result = 0;
    thrd_create(&thread, c11_returns, (void *)8);
    printf("thrd_join: %d", thrd_join(thread, &result));
    printf(" %d\n", result);
    thrd_create(&thread, c11_exits, (void *)9);
    printf("thrd_join: %d", thrd_join(thread, &result));
    printf(" %d\n", result);
    thrd_create(&thread, c11_returns, NULL);
    printf("thrd_detach: %d\n", thrd_detach(thread));
}

int main(void)
{
    pthread_key_create(&key, destroy);
    joins();
    attributes();
    detaches();
    c11();
    return 0;
}
