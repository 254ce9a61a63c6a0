/* A block of mallocx where a freed one of malloc lay, and the other way round: all is well. And
each call resizes or gives back what another one made.
// library: flagged_heap
// build: {folder}/libflagged_heap.so -fno-builtin
// expect: none
// expect-stdout: the same memory
*/
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *mallocx(size_t size, int flags);
void *rallocx(void *old, size_t size, int flags);
size_t xallocx(void *p, size_t size, size_t extra, int flags);
void dallocx(void *p, int flags);
void sdallocx(void *p, size_t size, int flags);

static char *volatile first, *volatile second;

/* Freed memory is looked at from the second thread on. */
static void *works(void *unused)
{
    first = malloc(300);
    free(first);
    second = mallocx(300, 64);
    puts(first == second ? "the same memory" : "other memory");
    memset(second, 1, 300); /* the freed block's address, the new block's memory */
    sdallocx(second, 300, 0);

    first = malloc(300);
    memset(first, 2, 300);
    if (xallocx(first, 400, 0, 0) >= 400)
        memset(first, 3, 400);
    second = rallocx(first, 2000, 0);
    memset(second, 4, 2000);
    dallocx(second, 0);

    first = mallocx(3, 0);
    strcpy(first, "ab");
    first = realloc(first, 900);
    memset(first, 5, 900);
    free(first);
    first = mallocx(7, 0);
    sdallocx(first, 7, 0);
    return unused;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, works, NULL);
    pthread_join(thread, NULL);
    return 0;
}
