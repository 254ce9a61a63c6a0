/* std::scoped_lock and std::lock take any number of locks without a wait that holds one; guards of
   local statics nest in one order.
// build: -std=c++17
// expect: none
*/
#include <mutex>
#include <thread>

static std::mutex a, b, c;

static void backwards()
{
    for (int i = 0; i < 1000; i++) {
        std::scoped_lock all(c, b, a);
    }
}

static void forwards()
{
    for (int i = 0; i < 1000; i++) {
        std::unique_lock<std::mutex> first(a, std::defer_lock), second(b, std::defer_lock);
        std::lock(first, second);
    }
}

int main()
{
    std::thread one(backwards), two(forwards);
    one.join();
    two.join();
}
