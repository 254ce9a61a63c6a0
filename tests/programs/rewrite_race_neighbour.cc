/*
 * A plain variable written under a lock for readers; the line that calls its function also names an atomic
 * operation, which says nothing about it.
 *
 * // options: --races=full
 * // build: -std=c++17
 * // expect: data-race confidence=certain function=look_up
 */
#include <atomic>
#include <shared_mutex>
#include <thread>

static std::shared_mutex lock;
static long last_key;
static int table[64];
static std::atomic<int> done;

static inline __attribute__((always_inline)) int look_up(int key)
{
    std::shared_lock<std::shared_mutex> guard(lock);
    last_key = key;
    return table[key & 63];
}

static void work()
{
    int sum = 0;
    for (int i = 0; i < 1000; i++)
        sum += look_up(i), done.fetch_add(1, std::memory_order_relaxed);
    done.fetch_add(sum);
}

int main()
{
    std::thread first(work), second(work);
    first.join();
    second.join();
    return done.load() != 2000 || last_key < 0;
}
