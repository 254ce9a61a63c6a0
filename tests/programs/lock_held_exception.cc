/* An exception skips a release, which is said: also that of a lock that a helper took. Where it is
   caught by the function that holds the lock it is not, and guards release by themselves.
// expect: lock-held count=1 severity=warning function=worker role=acquired text=An_exception_left
// expect: lock-held count=1 function=fails role=here
// expect: lock-held count=1 function=fails role=here
// expect: lock-held count=1 function=take_for_caller role=acquired text=An_exception_left
// expect: lock-held count=1 function=takes_and_catches role=acquired text=thread_ended_while
*/
#include <mutex>
#include <pthread.h>
#include <stdexcept>

#define ALONE __attribute__((noinline, noclone)) static
#define HERE  __asm__ volatile("" ::: "memory")

static pthread_mutex_t locks[3] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                   PTHREAD_MUTEX_INITIALIZER};
static std::mutex guarded;

ALONE void fails(int number)
{
    if (number)
        throw std::runtime_error("no");
    HERE;
}

ALONE void worker()
{
    pthread_mutex_lock(&locks[0]);
    fails(1);
    pthread_mutex_unlock(&locks[0]);
}

ALONE void take_for_caller()
{
    pthread_mutex_lock(&locks[1]);
    HERE;
}

ALONE void with_helper()
{
    take_for_caller();
    fails(1);
    pthread_mutex_unlock(&locks[1]);
}

ALONE void with_guard()
{
    std::lock_guard<std::mutex> lock(guarded);
    fails(1);
}

template <void (*function)()> static void *catches(void *argument)
{
    try {
        function();
    } catch (const std::exception &) {
        HERE;
    }
    return argument;
}

ALONE void *takes_and_catches(void *argument)
{
    pthread_mutex_lock(&locks[2]);
    try {
        fails(1);
    } catch (const std::exception &) {
        HERE;
    }
    return argument;
}

int main()
{
    void *(*const routines[])(void *) = {catches<worker>, catches<with_helper>, catches<with_guard>,
                                         takes_and_catches};
    for (auto routine : routines) {
        pthread_t thread;
        pthread_create(&thread, nullptr, routine, nullptr);
        pthread_join(thread, nullptr);
    }
    return 0;
}
