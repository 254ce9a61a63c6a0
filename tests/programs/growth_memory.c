/* A cache without a bound: still reachable at the end, and more at each checkpoint. What is cleared
   now and then, what is made once, and what is lost are not called growth.
// build: -fno-ipa-icf
// options: --growth-threshold=0
// expect: memory-growth function=remembers role=allocated confidence=certain count=40000
// expect: memory-growth function=remembers text=had_doubled
// expect: memory-leak function=loses
*/
#include <stdlib.h>

struct entry {
    struct entry *next;
    char bytes[40];
};

static struct entry *cache, *cleared, *once;

__attribute__((noinline)) static void remembers(void)
{
    struct entry *entry = malloc(sizeof *entry);
    entry->next = cache;
    cache = entry;
}

__attribute__((noinline)) static void loses(void)
{
    *(void *volatile *)malloc(sizeof(void *)) = NULL;
}

__attribute__((noinline)) static void clears(int i)
{
    struct entry *entry = malloc(sizeof *entry);
    entry->next = cleared;
    cleared = entry;
    if (i % 3000)
        return;
    while (cleared) {
        struct entry *next = cleared->next;
        free(cleared);
        cleared = next;
    }
}

__attribute__((noinline)) static void fills(void)
{
    for (int i = 0; i < 200; i++) {
        struct entry *entry = malloc(sizeof *entry);
        entry->next = once;
        once = entry;
    }
}

int main(void)
{
    fills();
    for (volatile int i = 0; i < 40000; i++) {
        remembers();
        loses();
        clears(i);
    }
    return 0;
}
