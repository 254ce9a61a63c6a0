/* Blocks of mallocx: lost, used after sdallocx and given back twice.
// library: flagged_heap
// build: {folder}/libflagged_heap.so -fno-builtin -fno-ipa-icf
// expect: memory-leak function=loses role=allocated
// expect: use-after-free count=1 function=uses role=here
// expect: double-free count=1 function=gives_back_again role=here
*/
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void *mallocx(size_t size, int flags);
void dallocx(void *p, int flags);
void sdallocx(void *p, size_t size, int flags);

static char *volatile block;

__attribute__((noinline)) static void loses(void)
{
    for (int i = 0; i < 10; i++)
        block = mallocx(100, 0);
    block = NULL;
    __asm__ volatile("");
}

__attribute__((noinline)) static void uses(void)
{
    memset(block + 16, 1, 200);
    __asm__ volatile("");
}

__attribute__((noinline)) static void gives_back_again(void)
{
    dallocx(block, 0);
    __asm__ volatile("");
}

/* Freed memory is looked at from the second thread on. */
static void *works(void *unused)
{
    loses();
    block = mallocx(3000, 0);
    sdallocx(block, 3000, 0);
    uses();
    gives_back_again();
    return unused;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, works, NULL);
    pthread_join(thread, NULL);
    return 0;
}
