/* Every function of the malloc family, and what libc allocates for its caller: one leak each.
// expect: memory-leak count=1 function=by_malloc role=allocated
// expect: memory-leak count=1 function=by_calloc role=allocated
// expect: memory-leak count=1 function=by_realloc role=allocated
// expect: memory-leak count=1 function=by_reallocarray role=allocated
// expect: memory-leak count=1 function=by_posix_memalign role=allocated
// expect: memory-leak count=1 function=by_aligned_alloc role=allocated
// expect: memory-leak count=1 function=by_memalign role=allocated
// expect: memory-leak count=1 function=by_valloc role=allocated
// expect: memory-leak count=1 function=by_pvalloc role=allocated
// expect: memory-leak count=1 function=by_strdup role=allocated
// expect: memory-leak count=1 function=by_strndup role=allocated
// expect: memory-leak count=1 function=by_asprintf role=allocated
// expect: memory-leak count=1 function=by_realpath role=allocated
// expect: memory-leak count=1 function=by_getcwd role=allocated
*/
#define _GNU_SOURCE
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *volatile sink;

static void drop(void *p)
{
    sink = p;
    sink = NULL;
}

#define LEAK(name, expression)                                                                     \
    __attribute__((noinline)) static void by_##name(void)                                          \
    {                                                                                              \
        drop(expression);                                                                          \
    }
LEAK(malloc, malloc(11))
LEAK(calloc, calloc(3, 11))
LEAK(realloc, realloc(malloc(5), 5000))
LEAK(reallocarray, reallocarray(malloc(5), 50, 100))
LEAK(aligned_alloc, aligned_alloc(64, 128))
LEAK(memalign, memalign(256, 100))
LEAK(valloc, valloc(100))
LEAK(pvalloc, pvalloc(100))
LEAK(strdup, strdup("text"))
LEAK(strndup, strndup("text", 2))
LEAK(realpath, realpath("/", NULL))
LEAK(getcwd, getcwd(NULL, 0))

__attribute__((noinline)) static void by_posix_memalign(void)
{
    void *p = NULL;
    if (posix_memalign(&p, 128, 100) != 0)
        abort();
    drop(p);
}

__attribute__((noinline)) static void by_asprintf(void)
{
    char *text = NULL;
    if (asprintf(&text, "%d", 12345) < 0)
        abort();
    drop(text);
}

/* Leaves nothing of the calls on the stack. */
__attribute__((noinline)) static void scrub(void)
{
    volatile char area[16384];
    memset((char *)area, 0, sizeof area);
}

int main(void)
{
    by_malloc();
    by_calloc();
    by_realloc();
    by_reallocarray();
    by_posix_memalign();
    by_aligned_alloc();
    by_memalign();
    by_valloc();
    by_pvalloc();
    by_strdup();
    by_strndup();
    by_asprintf();
    by_realpath();
    by_getcwd();
    scrub();
    return 0;
}
