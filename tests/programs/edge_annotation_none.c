/* Annotations of another address order nothing; a lock that is only tried in vain neither; two
   readers do not order each other; an order that the program asks to ignore is none.
// expect: data-race role=earlier function=before_other_address
// expect: data-race role=earlier function=before_failed_try
// expect: data-race role=earlier function=before_reader
// expect: data-race role=earlier function=before_ignored
*/
#include "annotate.h"
#include "edge.h"

static char bytes[4][64];
static gate given;
static int edges[2], lock, read_lock;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

#define BEFORE(name, i)                                                                            \
    __attribute__((noinline)) static void before_##name(void)                                      \
    {                                                                                              \
        edge_set(bytes[i], 1, sizeof bytes[i]);                                                    \
        __asm__ volatile("" ::: "memory");                                                         \
    }
BEFORE(other_address, 0)
BEFORE(failed_try, 1)
BEFORE(reader, 2)
BEFORE(ignored, 3)

static void *other(void *argument)
{
    gate_wait(&given);
    CALL(AnnotateHappensAfter, __FILE__, __LINE__, &edges[1]);
    edge_set(bytes[0], 2, sizeof bytes[0]);
    CALL(__tsan_mutex_pre_lock, &lock, MUTEX_TRY_LOCK | MUTEX_TRY_LOCK_FAILED);
    CALL(__tsan_mutex_post_lock, &lock, MUTEX_TRY_LOCK | MUTEX_TRY_LOCK_FAILED, 0);
    edge_set(bytes[1], 2, sizeof bytes[1]);
    CALL(AnnotateRWLockAcquired, __FILE__, __LINE__, &read_lock, 0);
    edge_set(bytes[2], 2, sizeof bytes[2]);
    CALL(AnnotateRWLockReleased, __FILE__, __LINE__, &read_lock, 0);
    pthread_mutex_lock(&mutex);
    edge_set(bytes[3], 2, sizeof bytes[3]);
    pthread_mutex_unlock(&mutex);
    return argument;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, other, NULL);
    before_other_address();
    CALL(AnnotateHappensBefore, __FILE__, __LINE__, &edges[0]);
    before_failed_try();
    CALL(__tsan_mutex_pre_lock, &lock, 0);
    CALL(__tsan_mutex_post_lock, &lock, 0, 1);
    CALL(__tsan_mutex_pre_unlock, &lock, 0);
    CALL(__tsan_mutex_post_unlock, &lock, 0);
    CALL(AnnotateRWLockAcquired, __FILE__, __LINE__, &read_lock, 0);
    before_reader();
    CALL(AnnotateRWLockReleased, __FILE__, __LINE__, &read_lock, 0);
    CALL(AnnotateIgnoreSyncBegin, __FILE__, __LINE__);
    pthread_mutex_lock(&mutex);
    before_ignored();
    pthread_mutex_unlock(&mutex);
    CALL(AnnotateIgnoreSyncEnd, __FILE__, __LINE__);
    gate_open(&given);
    pthread_join(thread, NULL);
    return 0;
}
