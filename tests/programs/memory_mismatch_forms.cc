/* Every form of new, released by every wrong family; each form of delete with what malloc made; and
// sizes that are not the block's.
// build: -std=c++17 -Wno-mismatched-new-delete -fno-ipa-icf
// expect: alloc-mismatch severity=error count=1 function=new_free role=here
// expect: alloc-mismatch severity=error count=1 function=nothrow_free role=here
// expect: alloc-mismatch severity=error count=1 function=aligned_free role=here
// expect: alloc-mismatch severity=error count=1 function=aligned_nothrow_free role=here
// expect: alloc-mismatch severity=error count=1 function=array_free role=here
// expect: alloc-mismatch severity=error count=1 function=array_nothrow_free role=here
// expect: alloc-mismatch severity=error count=1 function=array_aligned_free role=here
// expect: alloc-mismatch severity=error count=1 function=array_aligned_nothrow_free role=here
// expect: alloc-mismatch severity=error count=1 function=new_delete_array role=here
// expect: alloc-mismatch severity=error count=1 function=new_delete_array_sized role=here
// expect: alloc-mismatch severity=error count=1 function=new_delete_array_nothrow role=here
// expect: alloc-mismatch severity=error count=1 function=aligned_delete_array role=here
// expect: alloc-mismatch severity=error count=1 function=aligned_delete_array_sized role=here
// expect: alloc-mismatch severity=error count=1 function=aligned_delete_array_nothrow role=here
// expect: alloc-mismatch severity=error count=1 function=array_delete role=here
// expect: alloc-mismatch severity=error count=1 function=array_delete_sized role=here
// expect: alloc-mismatch severity=error count=1 function=array_delete_nothrow role=here
// expect: alloc-mismatch severity=error count=1 function=array_aligned_delete role=here
// expect: alloc-mismatch severity=error count=1 function=array_aligned_delete_sized role=here
// expect: alloc-mismatch severity=error count=1 function=array_aligned_delete_nothrow role=here
// expect: alloc-mismatch severity=error count=1 function=calloc_delete role=here
// expect: alloc-mismatch severity=error count=1 function=memalign_delete_aligned role=here
// expect: alloc-mismatch severity=error count=1 function=strdup_delete_array_sized role=here
// expect: alloc-mismatch severity=error count=1 function=array_realloc role=here
// expect: alloc-mismatch severity=error count=1 function=aligned_reallocarray role=here
// expect: alloc-mismatch severity=warning count=1 function=wrong_size role=here text=as_a_block_of_8_bytes
// expect: alloc-mismatch severity=warning count=1 function=wrong_size_array role=here
// expect: alloc-mismatch severity=warning count=1 function=wrong_size_aligned role=here
// expect: alloc-mismatch severity=warning count=1 function=by_base role=here text=as_a_block_of_4_bytes
*/
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>

static void *volatile p;
static const std::align_val_t wide{64};

#define PAIR(name, obtain, ...)                                                                    \
    __attribute__((noinline)) static void name()                                                   \
    {                                                                                              \
        p = obtain;                                                                                \
        __VA_ARGS__;                                                                               \
        __asm__ volatile("");                                                                      \
    }
PAIR(new_free, ::operator new(8), free(p))
PAIR(nothrow_free, ::operator new(8, std::nothrow), free(p))
PAIR(aligned_free, ::operator new(8, wide), free(p))
PAIR(aligned_nothrow_free, ::operator new(8, wide, std::nothrow), free(p))
PAIR(array_free, ::operator new[](8), free(p))
PAIR(array_nothrow_free, ::operator new[](8, std::nothrow), free(p))
PAIR(array_aligned_free, ::operator new[](8, wide), free(p))
PAIR(array_aligned_nothrow_free, ::operator new[](8, wide, std::nothrow), free(p))
PAIR(new_delete_array, ::operator new(8), ::operator delete[](p))
PAIR(new_delete_array_sized, ::operator new(8), ::operator delete[](p, std::size_t{8}))
PAIR(new_delete_array_nothrow, ::operator new(8), ::operator delete[](p, std::nothrow))
PAIR(aligned_delete_array, ::operator new(8, wide), ::operator delete[](p, wide))
PAIR(aligned_delete_array_sized, ::operator new(8, wide), ::operator delete[](p, 8, wide))
PAIR(aligned_delete_array_nothrow, ::operator new(8, wide),
     ::operator delete[](p, wide, std::nothrow))
PAIR(array_delete, ::operator new[](8), ::operator delete(p))
PAIR(array_delete_sized, ::operator new[](8), ::operator delete(p, std::size_t{8}))
PAIR(array_delete_nothrow, ::operator new[](8), ::operator delete(p, std::nothrow))
PAIR(array_aligned_delete, ::operator new[](8, wide), ::operator delete(p, wide))
PAIR(array_aligned_delete_sized, ::operator new[](8, wide), ::operator delete(p, 8, wide))
PAIR(array_aligned_delete_nothrow, ::operator new[](8, wide),
     ::operator delete(p, wide, std::nothrow))
PAIR(calloc_delete, calloc(1, 8), ::operator delete(p))
PAIR(memalign_delete_aligned, memalign(64, 8), ::operator delete(p, wide))
PAIR(strdup_delete_array_sized, strdup("word"), ::operator delete[](p, std::size_t{5}))
PAIR(array_realloc, ::operator new[](8), free(realloc(p, 100)))
PAIR(aligned_reallocarray, ::operator new(8, wide), free(reallocarray(p, 3, 100)))
PAIR(wrong_size, ::operator new(16), ::operator delete(p, std::size_t{8}))
PAIR(wrong_size_array, ::operator new[](16), ::operator delete[](p, std::size_t{32}))
PAIR(wrong_size_aligned, ::operator new(16, wide), ::operator delete(p, 64, wide))

struct base {
    int a;
};
struct derived : base {
    int b[4];
};
PAIR(by_base, static_cast<base *>(new derived), delete static_cast<base *>(p))

int main()
{
    new_free();
    nothrow_free();
    aligned_free();
    aligned_nothrow_free();
    array_free();
    array_nothrow_free();
    array_aligned_free();
    array_aligned_nothrow_free();
    new_delete_array();
    new_delete_array_sized();
    new_delete_array_nothrow();
    aligned_delete_array();
    aligned_delete_array_sized();
    aligned_delete_array_nothrow();
    array_delete();
    array_delete_sized();
    array_delete_nothrow();
    array_aligned_delete();
    array_aligned_delete_sized();
    array_aligned_delete_nothrow();
    calloc_delete();
    memalign_delete_aligned();
    strdup_delete_array_sized();
    array_realloc();
    aligned_reallocarray();
    wrong_size();
    wrong_size_array();
    wrong_size_aligned();
    by_base();
}
