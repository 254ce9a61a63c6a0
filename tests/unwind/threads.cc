// Threads, exceptions and virtual calls, for tests/unwind/check.c: allocations inside libstdc++
// while it unwinds, and in destructors that an exception runs.
#include <map>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct Shape {
    virtual ~Shape() = default;
    virtual std::string name(int n) const = 0;
};

struct Circle : Shape {
    ~Circle() override
    {
        std::string text(100, 'x');
    }
    std::string name(int n) const override
    {
        if (n % 7 == 0)
            throw std::runtime_error("a text that is too long to be kept in place: " +
                                     std::to_string(n));
        return std::string(50, 'c') + std::to_string(n);
    }
};

static int work(int rounds)
{
    std::map<std::string, std::unique_ptr<Shape>> shapes;
    int caught = 0;
    for (int i = 0; i < rounds; i++) {
        auto shape = std::make_unique<Circle>();
        try {
            shapes[shape->name(i)] = std::move(shape);
        } catch (const std::exception &error) {
            caught += std::regex_search(error.what(), std::regex("lo+ng.*[0-9]$"));
        }
    }
    return caught;
}

int main()
{
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([] { work(300); });
    int caught = work(300);
    for (auto &thread : threads)
        thread.join();
    return caught == 43 ? 0 : 1;
}
