/* What C++ keeps, from places that are no plain pointer to the start of a block: arrays with their
count in front, second bases, strings, shared pointers, futures, function objects, what a running
thread was given.
// options: --threads=off
// expect: none
*/
#include <atomic>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>


struct First {
    virtual ~First() = default;
    long a = 1;
};
struct Second {
    virtual ~Second() = default;
    long b = 2;
};
struct Both : First, Second {
    std::string text = std::string(100, 'x');
};
struct Graph {
    std::vector<std::shared_ptr<Graph>> links;
    std::weak_ptr<Graph> up;
};

static Second *volatile second_base;
static std::string *volatile array;
static std::shared_ptr<Graph> graph;
static std::map<std::string, std::vector<int>> *tree;
static std::unordered_map<int, std::list<std::string>> table;
static std::function<int()> function;
static std::future<int> *future;
static std::promise<int> promise;
static std::atomic<bool> ready;

int main()
{
    second_base = new Both;
    array = new std::string[10];
    for (int i = 0; i < 10; i++)
        array[i] = std::string(50 + i, 'y');
    graph = std::make_shared<Graph>();
    for (int i = 0; i < 100; i++) {
        auto next = std::make_shared<Graph>();
        next->up = graph;
        graph->links.push_back(next);
    }
    tree = new std::map<std::string, std::vector<int>>;
    for (int i = 0; i < 1000; i++) {
        (*tree)[std::to_string(i) + std::string(30, 'k')].resize(100);
        table[i].push_back(std::string(40, 'z'));
    }
    std::vector<int> captured(1000);
    function = [captured] { return captured[0]; };
    future = new std::future<int>(promise.get_future());
    std::thread([text = std::string(1000, 'w'), owned = std::make_unique<int>(3)] {
        ready = true;
        future->wait();
    }).detach();
    while (!ready)
        std::this_thread::yield();
    return 0;
}
