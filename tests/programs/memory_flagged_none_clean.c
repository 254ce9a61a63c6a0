/* The names of jemalloc's calls are how a program may ask whether jemalloc is there; that some
exist under watch must not lead it astray: they do what they promise.
// build: -fno-builtin
// expect: none
*/
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((weak)) void *mallocx(size_t size, int flags);
__attribute__((weak)) void *rallocx(void *old, size_t size, int flags);
__attribute__((weak)) size_t xallocx(void *p, size_t size, size_t extra, int flags);
__attribute__((weak)) void dallocx(void *p, int flags);
__attribute__((weak)) void sdallocx(void *p, size_t size, int flags);

static int all_zero(const char *p, size_t size)
{
    while (size && !p[size - 1])
        size--;
    return !size;
}

int main(void)
{
    int right = 1;
    if (mallocx && rallocx && xallocx && dallocx && sdallocx) {
        char *p = mallocx(5000, 12 | 64);
        right &= !((uintptr_t)p & 4095) && all_zero(p, 5000);
        strcpy(p, "kept");
        right &= xallocx(p, 5000, 0, 0) >= 5000;
        p = rallocx(p, 9000, 13);
        right &= !((uintptr_t)p & 8191) && !strcmp(p, "kept");
        memset(p, 1, 9000);
        p = rallocx(p, 20000, 0);
        right &= p[8999] == 1;
        sdallocx(p, 20000, 0);
        dallocx(mallocx(3, 0), 0);
        char *small = malloc(3);
        sdallocx(small, 3, 0);
    }
    puts(right ? "right" : "wrong");
    return 0;
}
