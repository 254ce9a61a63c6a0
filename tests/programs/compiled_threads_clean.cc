/* What C++'s library hands over is ordered. */
// build: -fsanitize=thread -std=gnu++17
// expect: none
#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

struct Made {
    std::string text = "made once";
};

static Made &only()
{
    static Made made;
    return made;
}

static void shared_pointers()
{
    auto shared = std::make_shared<std::vector<int>>(100, 1);
    std::vector<std::thread> threads;
    std::atomic<int> sum{0};
    for (int i = 0; i < 4; i++)
        threads.emplace_back([shared, &sum]() mutable {
            for (int value : *shared)
                sum.fetch_add(value, std::memory_order_relaxed);
            shared.reset(); /* the last one destroys it */
        });
    shared.reset();
    for (auto &thread : threads)
        thread.join();
    if (sum != 400)
        std::terminate();
}

static void queue()
{
    std::mutex mutex;
    std::condition_variable filled;
    std::deque<std::unique_ptr<int>> items;
    std::thread reader([&] {
        for (int i = 0; i < 1000; i++) {
            std::unique_lock<std::mutex> lock(mutex);
            filled.wait(lock, [&] { return !items.empty(); });
            auto item = std::move(items.front());
            items.pop_front();
            lock.unlock();
            ++*item;
        }
    });
    for (int i = 0; i < 1000; i++) {
        auto item = std::make_unique<int>(i);
        std::lock_guard<std::mutex> lock(mutex);
        items.push_back(std::move(item));
        filled.notify_one();
    }
    reader.join();
}

static void once_and_future()
{
    static std::once_flag flag;
    static int value;
    std::promise<std::string> promise;
    auto future = promise.get_future();
    std::thread other([&] {
        std::call_once(flag, [] { value = 5; });
        only().text.size();
        promise.set_value("handed over");
        if (value != 5)
            std::terminate();
    });
    std::call_once(flag, [] { value = 5; });
    only().text.size();
    if (future.get() != "handed over" || value != 5)
        std::terminate();
    other.join();
    if (std::async(std::launch::async, [] { return value + 1; }).get() != 6)
        std::terminate();
}

static void reader_and_writer()
{
    std::shared_mutex mutex;
    int value = 0;
    std::thread writer([&] {
        for (int i = 0; i < 100; i++) {
            std::unique_lock<std::shared_mutex> lock(mutex);
            value++;
        }
    });
    int last = 0;
    for (int i = 0; i < 100; i++) {
        std::shared_lock<std::shared_mutex> lock(mutex);
        last = value > last ? value : last;
    }
    writer.join();
    if (value != 100)
        std::terminate();
}

static void spin_lock()
{
    std::atomic_flag busy = ATOMIC_FLAG_INIT;
    long count = 0;
    auto work = [&] {
        for (int i = 0; i < 2000; i++) {
            while (busy.test_and_set(std::memory_order_acquire))
                std::this_thread::yield();
            count++;
            busy.clear(std::memory_order_release);
        }
    };
    std::thread a(work), b(work);
    a.join();
    b.join();
    if (count != 4000)
        std::terminate();
}

int main()
{
    shared_pointers();
    queue();
    once_and_future();
    reader_and_writer();
    spin_lock();
}
