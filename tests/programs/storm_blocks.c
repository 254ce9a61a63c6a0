/* Many live blocks, of which one in a thousand is lost. STORM_BLOCKS: how many, for tests by hand.
// environment: STORM_BLOCKS=1000000
// expect: memory-leak count=1000 function=lose role=allocated
*/
#include <stdlib.h>

void **kept;

__attribute__((noinline)) static void lose(void)
{
    void *volatile blocks[64];
    blocks[1] = malloc(24);
    blocks[1] = NULL;
}

int main(void)
{
    long count = atol(getenv("STORM_BLOCKS"));
    kept = calloc((size_t)count, sizeof *kept);
    for (long i = 0; i < count; i++) {
        kept[i] = malloc((size_t)(i % 60));
        if (i % (count / 1000) == 0)
            lose();
    }
    for (long i = 0; i < count; i += 2) {
        free(kept[i]);
        kept[i] = malloc(40);
    }
    return 0;
}
