/* A lock in a heap block: what is told of it says which block that is, how far into it the lock
lies, and where the block was allocated.
// expect: lock-held severity=warning function=make role=allocated
text=16_bytes_into_a_block_of_64_bytes
// expect: lock-held function=make role=initialised stacks=1
// expect: lock-held function=holds role=acquired
*/
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct object {
    char before[16];
    pthread_mutex_t mutex;
    char after[8];
};
static_assert(sizeof(struct object) == 64, "as the text says");

static struct object *object; /* reachable: no leak */

__attribute__((noinline)) static void make(void)
{
    object = malloc(sizeof *object);
    /* A pool of the program's own puts a new one where another was: no fault. */
    pthread_mutex_init(&object->mutex, NULL);
    pthread_mutex_init(&object->mutex, NULL);
    object->after[0] = 1; /* not the last call: that would be a jump, and no frame */
}

__attribute__((noinline)) static void *holds(void *argument)
{
    pthread_mutex_lock(&object->mutex);
    return argument;
}

int main(void)
{
    pthread_t thread;
    make();
    pthread_create(&thread, NULL, holds, NULL);
    pthread_join(thread, NULL);
    return 0;
}
