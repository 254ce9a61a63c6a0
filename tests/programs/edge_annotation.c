/* Annotations order threads where their own means do not show: ThreadSanitizer's, the older
   Annotate*, holdfast's own; edges, locks for writing, for reading, taken twice; what is ignored
and what is meant.
// expect: none
*/
#include "annotate.h"
#include "edge.h"

enum { ROUNDS = 9 };
static char bytes[ROUNDS + 4][64];
static gate turn;
static int lock, read_lock, edge;

static void touch_round(int round)
{
    edge_set(bytes[round], round, sizeof bytes[round]);
}

/* Each round: one thread writes and gives, the other takes and writes. */
static void give(int round)
{
    touch_round(round);
    switch (round) {
    case 0:
        CALL(__tsan_release, &edge);
        break;
    case 1:
        CALL(AnnotateHappensBefore, __FILE__, __LINE__, &edge);
        break;
    case 2:
        CALL(WTFAnnotateHappensBefore, __FILE__, __LINE__, &edge);
        break;
    case 3:
        holdfast_release(&edge);
        break;
    case 4:
        CALL(__tsan_mutex_pre_lock, &lock, 0);
        CALL(__tsan_mutex_post_lock, &lock, 0, 1);
        CALL(__tsan_mutex_pre_lock, &lock, 0);
        CALL(__tsan_mutex_post_lock, &lock, 0, 1);
        CALL(__tsan_mutex_pre_unlock, &lock, MUTEX_RECURSIVE_UNLOCK);
        CALL(__tsan_mutex_post_unlock, &lock, MUTEX_RECURSIVE_UNLOCK);
        break;
    case 5:
        CALL(AnnotateRWLockAcquired, __FILE__, __LINE__, &read_lock, 0);
        CALL(AnnotateRWLockReleased, __FILE__, __LINE__, &read_lock, 0);
        break;
    case 6:
        CALL(AnnotateRWLockAcquired, __FILE__, __LINE__, &read_lock, 1);
        CALL(AnnotateRWLockReleased, __FILE__, __LINE__, &read_lock, 1);
        break;
    case 7:
        holdfast_mutex_acquired(&lock, 0);
        holdfast_mutex_releasing(&lock);
        break;
    default:
        CALL(AnnotatePCQPut, __FILE__, __LINE__, &edge);
    }
}

static void take(int round)
{
    switch (round) {
    case 0:
        CALL(__tsan_acquire, &edge);
        break;
    case 1:
        CALL(AnnotateHappensAfter, __FILE__, __LINE__, &edge);
        break;
    case 2:
        CALL(WTFAnnotateHappensAfter, __FILE__, __LINE__, &edge);
        break;
    case 3:
        holdfast_acquire(&edge);
        break;
    case 4:
        CALL(__tsan_mutex_pre_lock, &lock, MUTEX_TRY_LOCK);
        CALL(__tsan_mutex_post_lock, &lock, MUTEX_TRY_LOCK, 1);
        CALL(__tsan_mutex_pre_unlock, &lock, 0);
        CALL(__tsan_mutex_post_unlock, &lock, 0);
        break;
    case 5: /* a reader's past is ordered before the next writer */
        CALL(AnnotateRWLockAcquired, __FILE__, __LINE__, &read_lock, 1);
        CALL(AnnotateRWLockReleased, __FILE__, __LINE__, &read_lock, 1);
        break;
    case 6:
        CALL(AnnotateRWLockAcquired, __FILE__, __LINE__, &read_lock, 0);
        CALL(AnnotateRWLockReleased, __FILE__, __LINE__, &read_lock, 0);
        break;
    case 7:
        holdfast_mutex_acquired(&lock, HOLDFAST_TRIED);
        holdfast_mutex_releasing(&lock);
        break;
    default:
        CALL(AnnotatePCQGet, __FILE__, __LINE__, &edge);
    }
    touch_round(round);
}

/* Unordered on purpose, and said to be. */
static void unordered(void)
{
    CALL(AnnotateIgnoreWritesBegin, __FILE__, __LINE__);
    touch_round(ROUNDS);
    CALL(AnnotateIgnoreWritesEnd, __FILE__, __LINE__);
    touch_round(ROUNDS + 1);
    touch_round(ROUNDS + 2);
    holdfast_ignore_begin(HOLDFAST_READS | HOLDFAST_WRITES);
    touch_round(ROUNDS + 3);
    holdfast_ignore_end(HOLDFAST_READS | HOLDFAST_WRITES);
}

static void *other(void *argument)
{
    for (int round = 0; round < ROUNDS; round++) {
        gate_wait_count(&turn, round + 1);
        take(round);
    }
    unordered();
    return argument;
}

int main(void)
{
    pthread_t thread;
    CALL(__tsan_mutex_create, &lock, 0);
    CALL(AnnotateRWLockCreate, __FILE__, __LINE__, &read_lock);
    CALL(AnnotateBenignRaceSized, __FILE__, __LINE__, bytes[ROUNDS + 1], sizeof bytes[0], "meant");
    holdfast_benign_race(bytes[ROUNDS + 2], sizeof bytes[0], "meant");
    pthread_create(&thread, NULL, other, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        give(round);
        gate_open(&turn);
    }
    unordered();
    pthread_join(thread, NULL);
    CALL(AnnotateRWLockDestroy, __FILE__, __LINE__, &read_lock);
    CALL(__tsan_mutex_destroy, &lock, 0);
    return 0;
}
