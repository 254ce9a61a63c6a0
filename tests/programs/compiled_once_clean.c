/* Initialised once, with the check before the lock. */
// build: -fsanitize=thread
// expect: none
#include "in_turn.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct thing {
    int value;
} * _Atomic thing;
static struct thing storage;
static atomic_int sum;

static void use(void)
{
    struct thing *found = atomic_load_explicit(&thing, memory_order_acquire);
    if (!found) {
        pthread_mutex_lock(&lock);
        found = atomic_load_explicit(&thing, memory_order_relaxed);
        if (!found) {
            storage.value = 21;
            found = &storage;
            atomic_store_explicit(&thing, found, memory_order_release);
        }
        pthread_mutex_unlock(&lock);
    }
    atomic_fetch_add_explicit(&sum, found->value, memory_order_relaxed);
}

int main(void)
{
    in_turn(use, use);
    return sum != 42;
}
