/* A program that replaces two of the operators only: all other forms come to these two, as in the
   runtime's own. Nothing of it is a mismatch, and it counts what it counts natively.
// build: -std=c++17 -Wno-sized-deallocation
// expect-stdout: 12 12 1
// expect: none
*/
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

static char pool[1 << 16];
static std::size_t used;
static int made, released;

void *operator new(std::size_t size)
{
    made++;
    used = (used + 15) & ~std::size_t{15};
    void *p = pool + used;
    used += size;
    if (used > sizeof pool)
        std::abort();
    return p;
}
void operator delete(void *p) noexcept
{
    released += p >= pool && p < pool + sizeof pool;
}

struct alignas(64) wide {
    char bytes[64];
};

int main()
{
    delete new int(1);
    delete[] new int[10];
    delete new (std::nothrow) int(2);
    delete[] new (std::nothrow) int[3];
    {
        std::vector<std::string> strings(4, std::string(100, 'x'));
    }
    ::operator delete(::operator new(10), std::size_t{10});
    ::operator delete[](::operator new[](10), std::size_t{10});
    wide *aligned = new wide; /* the runtime's own: by no other */
    std::printf("%d %d %d\n", made, released, reinterpret_cast<std::size_t>(aligned) % 64 == 0);
    delete aligned;
}
