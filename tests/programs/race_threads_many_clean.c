/* 100,000 threads one after another, each of which writes what its predecessor wrote: joins order
   them, however often their slots are used again. */
// build: -fno-builtin
// expect: none
#include "in_turn.h"

static char text[64], shared[64];

static void *run(void *with)
{
    memcpy(shared, text, sizeof shared);
    return with;
}

int main(void)
{
    for (int i = 0; i < 100000; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, NULL))
            abort();
        pthread_join(thread, NULL);
    }
    return 0;
}
