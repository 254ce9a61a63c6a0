/* A module with a mutex, for order_recycled_clean.c. */
#include <pthread.h>

pthread_mutex_t *recycled_mutex(void);

__attribute__((visibility("default"))) pthread_mutex_t *recycled_mutex(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    return &mutex;
}
