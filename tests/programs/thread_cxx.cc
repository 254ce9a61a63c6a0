/* std::thread: joined, detached, with exceptions inside and thread_local destructors; one is left.
// build: -std=c++17
// expect: thread-leak count=1 severity=warning function=leave_one role=created
*/
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <pthread.h>

struct Local {
    std::vector<int> numbers{1, 2, 3};
    ~Local()
    {
        std::printf("local %zu\n", numbers.size());
    }
};
static thread_local Local local;

[[gnu::used]] static std::thread *left;
static std::atomic<bool> detached_done;

static void throws()
{
    local.numbers.push_back(4);
    try {
        throw std::runtime_error("inside");
    } catch (const std::exception &error) {
        std::printf("caught %s\n", error.what());
    }
}

struct Unwound {
    ~Unwound()
    {
        std::printf("unwound\n");
    }
};

static void *exits(void *argument)
{
    Unwound unwound;
    pthread_exit(argument);
}

__attribute__((noinline)) static void leave_one()
{
    left = new std::thread([] {});
    __asm__ volatile("");
}

int main()
{
    std::thread(throws).join();
    std::thread([] { detached_done = true; }).detach();
    while (!detached_done)
        std::this_thread::yield();

    std::future<int> answer = std::async(std::launch::async, [] { return 42; });
    std::printf("answer %d\n", answer.get());
    std::future<int> error =
        std::async(std::launch::async, []() -> int { throw std::runtime_error("across"); });
    try {
        error.get();
    } catch (const std::exception &caught) {
        std::printf("got %s\n", caught.what());
    }

    std::mutex mutex;
    std::condition_variable cond;
    bool ready = false;
    std::thread waiter([&] {
        std::unique_lock<std::mutex> lock(mutex);
        cond.wait(lock, [&] { return ready; });
    });
    {
        std::lock_guard<std::mutex> lock(mutex);
        ready = true;
    }
    cond.notify_one();
    waiter.join();

    pthread_t thread;
    pthread_create(&thread, nullptr, exits, nullptr);
    pthread_join(thread, nullptr);
    leave_one();
    return 0;
}
