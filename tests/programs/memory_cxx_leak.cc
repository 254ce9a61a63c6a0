/* Leaks by each kind of new, also inside an inlined function and a template.
// build: -std=c++17
// expect: memory-leak count=1 function=plain role=allocated
// expect: memory-leak count=1 function=array role=allocated
// expect: memory-leak count=1 function=nothrow role=allocated
// expect: memory-leak count=1 function=aligned role=allocated
// expect: memory-leak count=1 function=Holder<int>::fill role=allocated
*/
#include <cstring>
#include <new>

static void *volatile sink;
static void drop(void *p)
{
    sink = p;
    sink = nullptr;
}

template <typename T> struct Holder {
    T *value;
    __attribute__((noinline)) void fill()
    {
        value = new T[50];
        __asm__ volatile("");
    }
};
struct alignas(64) Wide {
    char bytes[64];
};

__attribute__((noinline)) static void plain()
{
    drop(new long(1));
}
__attribute__((noinline)) static void array()
{
    drop(new long[3]);
}
__attribute__((noinline)) static void nothrow()
{
    drop(new (std::nothrow) long(1));
}
__attribute__((noinline)) static void aligned()
{
    drop(new Wide);
}
__attribute__((noinline)) static void templated()
{
    Holder<int> holder;
    holder.fill();
    drop(holder.value);
}

int main()
{
    plain();
    array();
    nothrow();
    aligned();
    templated();
    volatile char area[8192];
    std::memset(const_cast<char *>(area), 0, sizeof area);
}
