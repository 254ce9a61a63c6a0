/* Every form of new and delete, rightly paired; failing forms behave as natively.
// build: -std=c++17
// expect: none
*/
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

struct alignas(64) Wide {
    char bytes[100];
    virtual ~Wide() = default;
};

static volatile std::size_t huge = std::numeric_limits<std::size_t>::max() / 4;

static int handled;
static void handler()
{
    if (++handled == 2)
        std::set_new_handler(nullptr);
}

int main()
{
    delete new int(1);
    delete[] new int[10];
    delete new (std::nothrow) int(2);
    delete[] new (std::nothrow) int[10];
    delete new Wide;
    delete[] new Wide[3];
    delete new (std::nothrow) Wide;
    ::operator delete(::operator new(10));
    ::operator delete (::operator new(10), std::size_t{10});
    ::operator delete[](::operator new[](10), std::size_t{10});
    ::operator delete (::operator new (10, std::align_val_t{128}), std::align_val_t{128});
    ::operator delete (::operator new (10, std::align_val_t{128}), 10, std::align_val_t{128});
    ::operator delete[](::operator new[](10, std::align_val_t{8}), std::align_val_t{8});
    ::operator delete(::operator new(10, std::nothrow), std::nothrow);
    ::operator delete(static_cast<void *>(nullptr));
    delete static_cast<int *>(nullptr);
    ::operator delete(::operator new(0), std::size_t{0});
    std::set_new_handler(handler);
    try {
        delete[] new char[huge];
    } catch (const std::bad_alloc &) {
        std::printf("bad_alloc after %d calls of the handler\n", handled);
    }
    std::printf("%d\n", new (std::nothrow) char[huge] == nullptr);
    std::vector<std::string> strings(1000, std::string(100, 'x'));
    auto shared = std::make_shared<std::vector<int>>(1000);
    std::printf("%zu %zu\n", strings.size(), shared->size());
}
