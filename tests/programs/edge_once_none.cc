/* A once control orders its initialisation before those who ask for it, and nothing else: not what
   the initialising thread did afterwards, nor what is read without asking.
// build: -std=c++17
// expect: data-race role=earlier function=first
// expect: data-race role=earlier top=other
*/
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <atomic>

static void *(*volatile set)(void *, int, size_t) = memset;
static char unasked[64], afterwards[64];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static std::atomic<bool> initialised;

static void first()
{
    set(unasked, 1, sizeof unasked);
    asm volatile("" ::: "memory"); // no tail call
}

static void *other(void *)
{
    pthread_once(&once, first);
    set(afterwards, 1, sizeof afterwards);
    initialised.store(true, std::memory_order_relaxed);
    return nullptr;
}

int main()
{
    pthread_t thread;
    pthread_create(&thread, nullptr, other, nullptr);
    while (!initialised.load(std::memory_order_relaxed))
        sched_yield();
    set(unasked, 2, sizeof unasked);
    pthread_once(&once, first);
    set(afterwards, 2, sizeof afterwards);
    pthread_join(thread, nullptr);
    return 0;
}
