/*
 * Exceptions, cleanups and thread-local objects of code that was moved.
 *
 * // options: --races=full
 * // expect: none
 */
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct Held {
    explicit Held(int &count) : count(count) { count++; }
    ~Held() { count--; }
    int &count;
};

static thread_local std::vector<int> mine;

static __attribute__((noinline)) int throwing(int n, int &held)
{
    Held here(held);
    mine.push_back(n);
    if (n % 7 == 0)
        throw std::runtime_error(std::to_string(n));
    if (n % 5 == 0)
        throw n;
    return n > 50 ? throwing(n / 2, held) + 1 : n;
}

static long run()
{
    long sum = 0;
    int held = 0;
    std::map<std::string, int> seen;
    for (int i = 1; i < 3000; i++) {
        try {
            sum += throwing(i, held);
        } catch (const std::runtime_error &error) {
            sum += seen[error.what()]++;
        } catch (int value) {
            sum -= value;
        }
        if (held)
            return -1;
    }
    return sum + static_cast<long>(seen.size() + mine.size());
}

int main()
{
    long expected = 0;
    std::thread([&] { expected = run(); }).join();
    std::vector<std::thread> threads;
    std::vector<long> results(4);
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&results, i] { results[static_cast<size_t>(i)] = run(); });
    for (auto &thread : threads)
        thread.join();
    for (long result : results)
        if (result != expected || result == -1)
            return 1;
    return 0;
}
