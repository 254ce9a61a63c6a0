/* 5,000 threads at once: a lock orders what they do to one variable, and nothing what two of them
   do to another. All have small stacks. */
// build: -fno-builtin -fno-optimize-sibling-calls
// expect: data-race role=here function=late
// expect: data-race role=earlier function=early
#include "in_turn.h"

#define COUNT 5000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char text[8], guarded[8], bare[8];
static gate started, go, done;

__attribute__((noinline)) static void early(void)
{
    memcpy(bare, text, sizeof bare);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void late(void)
{
    memcpy(bare, text, sizeof bare - 1);
    __asm__ volatile("" ::: "memory");
}

static void *run(void *number)
{
    pthread_mutex_lock(&lock);
    memcpy(guarded, text, sizeof guarded);
    pthread_mutex_unlock(&lock);
    if (number == (void *)1) {
        early();
        gate_open(&done);
    }
    gate_open(&started);
    gate_wait(&go);
    if (number == (void *)COUNT) {
        gate_wait(&done);
        late();
    }
    return NULL;
}

int main(void)
{
    static pthread_t threads[COUNT];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    for (long i = 0; i < COUNT; i++)
        if (pthread_create(&threads[i], &small, run, (void *)(i + 1)))
            return 77;
    gate_wait_count(&started, COUNT);
    gate_open(&go);
    for (int i = 0; i < COUNT; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
