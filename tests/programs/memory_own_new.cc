/* A program that replaces operator new and delete with a pool: respected, nothing untrue is said.
// expect: none
*/
#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>
#include <string>

static char pool[1 << 20];
static std::size_t used;
static long calls;

void *operator new(std::size_t size)
{
    calls++;
    used = (used + 15) & ~std::size_t{15};
    void *p = pool + used;
    used += size;
    if (used > sizeof pool)
        std::abort();
    return p;
}
void operator delete(void *) noexcept
{
    calls++;
}
void operator delete(void *, std::size_t) noexcept
{
    calls++;
}

int main()
{
    {
        std::map<int, std::string> map;
        for (int i = 0; i < 100; i++)
            map[i] = std::string(40, 'x');
    }
    std::printf("%ld\n", calls);
}
