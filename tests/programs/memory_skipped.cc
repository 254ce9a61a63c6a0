/* Memory that most ways through a function free, and one does not: an exception, a longjmp, a
// cancellation, an early return. The report shows where the others were freed; a place that never
// frees shows none.
// build: -fno-ipa-icf
// expect: memory-leak count=2 bytes=80 function=throws role=allocated text=may_have_skipped_it
// expect: memory-leak count=2 function=throws_frees role=released
// expect: memory-leak count=2 bytes=96 function=jumps role=allocated text=may_have_skipped_it
// expect: memory-leak count=2 function=jumps_frees role=released
// expect: memory-leak count=1 bytes=56 function=cancelled role=allocated text=may_have_skipped_it
// expect: memory-leak count=1 function=cancelled_frees role=released
// expect: memory-leak count=2 bytes=128 function=returns role=allocated text=may_have_skipped_it
// expect: memory-leak count=2 function=returns_deletes role=released
// expect: memory-leak count=6 bytes=432 function=never role=allocated
*/
#include <csetjmp>
#include <pthread.h>
#include <stdexcept>
#include <unistd.h>

#include "resource_lose.h"

static jmp_buf back;

#define RELEASES(name, call)                                                                       \
    __attribute__((noinline)) static void name(char *block)                                        \
    {                                                                                              \
        call;                                                                                      \
        __asm__ volatile("");                                                                      \
    }
RELEASES(throws_frees, free(block))
RELEASES(jumps_frees, free(block))
RELEASES(cancelled_frees, free(block))
RELEASES(returns_deletes, delete[] block)

__attribute__((noinline)) static void throws(int i)
{
    char *block = static_cast<char *>(malloc(40));
    if (i % 3 == 1)
        throw std::runtime_error("half way");
    throws_frees(block);
}

__attribute__((noinline)) static void jumps(int i)
{
    char *block = static_cast<char *>(malloc(48));
    if (i % 3 == 1)
        longjmp(back, 1);
    jumps_frees(block);
}

__attribute__((noinline)) static void *cancelled(void *wait)
{
    char *block = static_cast<char *>(malloc(56));
    if (wait)
        pause();
    cancelled_frees(block);
    return NULL;
}

__attribute__((noinline)) static bool returns(int i)
{
    char *block = new char[64];
    if (i % 3 == 1)
        return false;
    returns_deletes(block);
    return true;
}

LOSE(never, *(char *volatile *)malloc(72) = NULL)

static void in_thread(bool waits)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, cancelled, waits ? &back : NULL) == 0);
    if (waits)
        CHECK(pthread_cancel(thread) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

int main()
{
    static volatile int skipped;
    for (volatile int i = 0; i < 6; i = i + 1) {
        try {
            throws(i);
        } catch (const std::exception &) {
            skipped = skipped + 1;
        }
        if (setjmp(back) == 0)
            jumps(i);
        skipped = skipped + !returns(i);
        in_thread(i == 4);
        never();
    }
    CHECK(skipped == 4);
    forget();
    return 0;
}
