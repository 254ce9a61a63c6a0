/* C++ locks: no init and no destroy calls, on stacks, in freed memory, in recycled addresses.
// build: -std=c++17
// expect: none
*/
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

struct account {
    std::mutex lock;
    long sum = 0;
};

static void transfer(account &from, account &to)
{
    std::scoped_lock both(from.lock, to.lock);
    from.sum--;
    to.sum++;
}

/* Two functions whose locks lie at the same addresses of the stack and are taken in opposite
   orders: different locks. */
__attribute__((noinline)) static void first(std::mutex &outer)
{
    std::mutex inner;
    std::lock_guard<std::mutex> a(outer);
    std::lock_guard<std::mutex> b(inner);
}

__attribute__((noinline)) static void second(std::mutex &outer)
{
    std::mutex inner;
    std::lock_guard<std::mutex> b(inner);
    std::lock_guard<std::mutex> a(outer);
}

static void recycled(std::mutex &outer)
{
    for (int i = 0; i < 200; i++) {
        if (i % 2) {
            auto made = std::make_unique<account>();
            std::lock_guard<std::mutex> a(outer);
            std::lock_guard<std::mutex> b(made->lock);
        } else {
            auto made = std::make_unique<account>();
            std::lock_guard<std::mutex> b(made->lock);
            std::lock_guard<std::mutex> a(outer);
        }
    }
}

int main()
{
    account a, b;
    std::shared_mutex shared;
    std::recursive_mutex recursive;
    std::timed_mutex timed;
    std::recursive_timed_mutex recursive_timed;
    std::mutex outer;
    long total = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&, i] {
            for (int n = 0; n < 500; n++) {
                i % 2 ? transfer(a, b) : transfer(b, a);
                if (n % 16) {
                    std::shared_lock<std::shared_mutex> reader(shared);
                    if (total < 0)
                        std::abort();
                } else {
                    std::unique_lock<std::shared_mutex> writer(shared);
                    total++;
                }
                std::lock_guard<std::recursive_mutex> one(recursive);
                std::lock_guard<std::recursive_mutex> two(recursive);
                if (timed.try_lock_for(std::chrono::seconds(60)))
                    timed.unlock();
                std::unique_lock<std::recursive_timed_mutex> late(recursive_timed,
                                                                  std::chrono::seconds(60));
                std::unique_lock<std::mutex> deferred(outer, std::defer_lock);
                if (deferred.try_lock())
                    deferred.unlock();
            }
        });
    for (auto &thread : threads)
        thread.join();
    threads.clear();
    for (int i = 0; i < 2; i++)
        threads.emplace_back([&outer] {
            for (int n = 0; n < 100; n++) {
                first(outer);
                second(outer);
            }
            recycled(outer);
        });
    for (auto &thread : threads)
        thread.join();
    std::printf("%ld %ld\n", a.sum + b.sum, total);
    return 0;
}
