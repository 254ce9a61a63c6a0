// What C++20's library has for threads, each used rightly; what they share is touched through libc.
#include <atomic>
#include <barrier>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <future>
#include <iostream>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <semaphore>
#include <shared_mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

template <typename Work> static void together(int count, Work work)
{
    std::vector<std::thread> threads;
    for (int i = 0; i < count; i++)
        threads.emplace_back(work, i);
    for (auto &thread : threads)
        thread.join();
}

class Pool {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::packaged_task<int()>> tasks;
    bool stop = false;
    std::vector<std::jthread> threads;

    void work()
    {
        for (;;) {
            std::unique_lock lock(mutex);
            wake.wait(lock, [&] { return stop || !tasks.empty(); });
            if (tasks.empty())
                return;
            auto task = std::move(tasks.front());
            tasks.pop_front();
            lock.unlock();
            task();
        }
    }

  public:
    explicit Pool(int count)
    {
        for (int i = 0; i < count; i++)
            threads.emplace_back([this] { work(); });
    }
    std::future<int> add(std::function<int()> function)
    {
        std::packaged_task<int()> task(function);
        auto result = task.get_future();
        {
            std::lock_guard lock(mutex);
            tasks.push_back(std::move(task));
        }
        wake.notify_one();
        return result;
    }
    ~Pool()
    {
        {
            std::lock_guard lock(mutex);
            stop = true;
        }
        wake.notify_all();
    }
};

static void pool()
{
    Pool pool(3);
    std::vector<std::future<int>> results;
    for (int i = 0; i < 200; i++)
        results.push_back(pool.add([i] {
            char bytes[256];
            std::memset(bytes, i, sizeof bytes);
            return (int)(unsigned char)bytes[i];
        }));
    int sum = 0;
    for (auto &result : results)
        sum += result.get();
    std::cout << "pool " << sum << "\n";
}

static void shared_lock()
{
    std::map<int, std::string> map;
    std::shared_mutex mutex;
    std::atomic<int> hits{0};
    together(3, [&](int n) {
        for (int i = 0; i < 200; i++) {
            {
                std::unique_lock lock(mutex);
                map[i] += std::string(20, (char)('a' + n));
            }
            std::shared_lock lock(mutex);
            auto found = map.find(i / 2);
            hits += found != map.end() && found->second.find((char)('a' + n)) != std::string::npos;
        }
    });
    std::cout << "shared_mutex " << map.size() << (hits > 0) << "\n";
}

static std::string &lazy()
{
    static std::string text(1000, 'x');
    return text;
}

static void once()
{
    std::once_flag flag;
    std::string text;
    std::atomic<size_t> sum{0};
    together(4, [&](int) {
        std::call_once(flag, [&] { text = std::string(500, 'z'); });
        sum += text.size() + lazy().size();
    });
    std::cout << "once " << sum << "\n";
}

static void atomic_wait()
{
    std::atomic<int> ready{0};
    std::string box;
    std::thread reader([&] {
        ready.wait(0);
        std::string copy = box;
        std::cout << "atomic " << copy.size() << "\n";
    });
    box.assign(3000, 'b');
    ready = 1;
    ready.notify_all();
    reader.join();
}

static void latch_and_barrier()
{
    std::latch latch(3);
    std::vector<std::string> parts(3);
    std::thread reader([&] {
        latch.wait();
        size_t sum = 0;
        for (auto &part : parts)
            sum += std::string(part).size();
        std::cout << "latch " << sum << "\n";
    });
    together(3, [&](int i) {
        parts[i].assign(700, (char)('0' + i));
        latch.count_down();
    });
    reader.join();
    std::string buffers[4];
    size_t sum = 0;
    std::barrier barrier(4, [&]() noexcept {
        for (auto &buffer : buffers)
            sum += std::string(buffer).size();
    });
    together(4, [&](int i) {
        for (int round = 0; round < 20; round++) {
            buffers[i].assign(100 + round, (char)('a' + i));
            barrier.arrive_and_wait();
            std::string copy = buffers[(i + 1) % 4];
            barrier.arrive_and_wait();
        }
    });
    std::cout << "barrier " << sum << "\n";
}

static void semaphores()
{
    std::counting_semaphore<10> room(4), filled(0);
    std::string ring[4];
    size_t sum = 0;
    std::thread producer([&] {
        for (int i = 0; i < 300; i++) {
            room.acquire();
            ring[i % 4].assign(i, 'q');
            filled.release();
        }
    });
    for (int i = 0; i < 300; i++) {
        filled.acquire();
        sum += std::string(ring[i % 4]).size();
        room.release();
    }
    producer.join();
    std::cout << "semaphore " << sum << "\n";
}

static void others()
{
    std::jthread stopped([](std::stop_token token) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        wake.wait(lock, token, [] { return false; });
    });
    std::mutex a, b;
    together(2, [&](int i) {
        for (int k = 0; k < 300; k++)
            std::scoped_lock lock(i ? a : b, i ? b : a);
    });
    auto later = std::async(std::launch::async, [] { return std::string(2000, 'r'); });
    std::promise<std::string> promise;
    auto given = promise.get_future();
    std::thread giver([&] { promise.set_value(std::string(4000, 'p')); });
    std::cout << "future " << later.get().size() + given.get().size() << "\n";
    giver.join();
    auto shared = std::make_shared<std::string>(1000, 's');
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([shared] { std::string copy = *shared; });
    shared.reset();
    for (auto &thread : threads)
        thread.join();
}

int main()
{
    pool();
    shared_lock();
    once();
    atomic_wait();
    latch_and_barrier();
    semaphores();
    others();
}
