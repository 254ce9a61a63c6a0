/* A program that replaces new by malloc and leaves delete to the runtime, and one class that has
   operators of its own: respected, and what is lost is still told.
// build: -std=c++17 -Wno-mismatched-new-delete
// expect: memory-leak count=1 bytes=24 function=lose role=allocated
*/
#include <cstdio>
#include <cstdlib>
#include <new>

#include "resource_lose.h"

void *operator new(std::size_t size)
{
    if (void *p = std::malloc(size))
        return p;
    throw std::bad_alloc();
}

struct own {
    char bytes[40];
    static void *operator new(std::size_t size)
    {
        return std::calloc(1, size);
    }
    static void operator delete(void *p)
    {
        std::free(p);
    }
};

LOSE(lose, char *volatile p = static_cast<char *>(::operator new(24)); p = nullptr)

int main()
{
    delete new int(1);
    delete[] new int[10];
    delete new own;
    lose();
    forget();
}
