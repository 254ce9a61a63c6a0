/* What an initialisation that is made once did is ordered before everybody's return from the call:
   pthread_once, call_once of C11, std::call_once (also after one that threw), static variables.
// build: -std=c++17
// expect: none
*/
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <threads.h>

#include <atomic>
#include <mutex>

static void *(*volatile set)(void *, int, size_t) = memset;
static char by_once[64], by_c11[64], by_std[64];
static pthread_once_t once = PTHREAD_ONCE_INIT;
static ::once_flag flag11 = ONCE_FLAG_INIT;
static std::once_flag flag;
static int tries;
static std::atomic<bool> initialised; // relaxed, and nobody sees it

static void first()
{
    set(by_once, 1, sizeof by_once);
}

static void first11()
{
    set(by_c11, 1, sizeof by_c11);
}

static void first_std()
{
    if (tries++ == 0)
        throw 1;
    set(by_std, 1, sizeof by_std);
}

struct object {
    char bytes[64];
    object()
    {
        set(bytes, 1, sizeof bytes);
    }
};

static object &the_object()
{
    static object it;
    return it;
}

static void ask_all()
{
    pthread_once(&once, first);
    call_once(&flag11, first11);
    try {
        std::call_once(flag, first_std);
    } catch (int) {
        std::call_once(flag, first_std);
    }
    the_object();
}

static void *other(void *)
{
    ask_all();
    initialised.store(true, std::memory_order_relaxed);
    return nullptr;
}

int main()
{
    pthread_t thread;
    pthread_create(&thread, nullptr, other, nullptr);
    while (!initialised.load(std::memory_order_relaxed))
        sched_yield();
    pthread_once(&once, first);
    set(by_once, 2, sizeof by_once);
    call_once(&flag11, first11);
    set(by_c11, 2, sizeof by_c11);
    std::call_once(flag, first_std);
    set(by_std, 2, sizeof by_std);
    set(the_object().bytes, 2, sizeof(object));
    pthread_join(thread, nullptr);
    return 0;
}
