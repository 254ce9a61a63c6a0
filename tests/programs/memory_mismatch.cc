/* Every wrong pair of the three families.
// expect: alloc-mismatch count=1 function=new_free role=here
// expect: alloc-mismatch count=1 function=new_array_free role=here
// expect: alloc-mismatch count=1 function=malloc_delete role=here
// expect: alloc-mismatch count=1 function=malloc_delete_array role=here
// expect: alloc-mismatch count=1 function=new_delete_array role=here
// expect: alloc-mismatch count=1 function=new_array_delete role=here
// expect: alloc-mismatch count=1 function=new_realloc role=here
*/
#include <cstdlib>

static char *volatile p;
#define PAIR(name, obtain, release)                                                                \
    __attribute__((noinline)) static void name()                                                   \
    {                                                                                              \
        p = static_cast<char *>(obtain);                                                           \
        release;                                                                                   \
        __asm__ volatile("");                                                                      \
    }
PAIR(new_free, new char, free(p))
PAIR(new_array_free, new char[10], free(p))
PAIR(malloc_delete, malloc(10), delete p)
PAIR(malloc_delete_array, malloc(10), delete[] p)
PAIR(new_delete_array, new char, delete[] p)
PAIR(new_array_delete, new char[10], delete p)
PAIR(new_realloc, new char, free(realloc(p, 100)))

int main()
{
    new_free();
    new_array_free();
    malloc_delete();
    malloc_delete_array();
    new_delete_array();
    new_array_delete();
    new_realloc();
}
