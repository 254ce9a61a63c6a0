/* A thread is found by its pthread_t as soon as creator or thread has named it, whatever the other
   one of the two is doing. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/recording.h"
#include "state/initialiser.h"
#include "state/options.h"
#include "state/thread.h"
#include "state/wait.h"

/* What threads need of parts that have no say in this. */
struct options options;
void guard_deferred(struct thread *self)
{
    (void)self;
}
bool vclock_thread_create(struct thread *made, struct thread *creator)
{
    (void)made, (void)creator;
    return true;
}
void vclock_thread_adopted(struct thread *made)
{
    (void)made;
}
void vclock_thread_renamed(struct thread *after, struct thread *before)
{
    (void)after, (void)before;
}

void vclock_thread_gone(struct thread *gone)
{
    (void)gone;
}
void vclock_after_fork(void)
{
}
void initialiser_after_fork(void)
{
}
void held_after_fork(void)
{
}
void held_inherit(struct thread *to, const struct thread *from)
{
    (void)to, (void)from;
}
void wait_forget(struct thread *self)
{
    (void)self;
}
void wait_met_inside(struct thread *self, uintptr_t frame)
{
    (void)self, (void)frame;
}

static char path[64];

static void begin(void)
{
    snprintf(path, sizeof path, "/tmp/holdfast-test-thread-%d", (int)getpid());
    unlink(path);
    cr_assert_eq(recording_create(path, 1ull << 26), 0);
}

static void end(void)
{
    unlink(path);
}

TestSuite(thread, .init = begin, .fini = end, .timeout = 120);

#define PTHREAD 0x7f0000001640ull /* of all threads here: each is recycled at once */

static uint32_t named(uint64_t pthread)
{
    struct thread *made = thread_create(NULL, 0, 0);
    thread_named(made->row, made->number, pthread);
    return made->number;
}

Test(thread, the_newest_with_a_pthread_is_found)
{
    cr_expect_eq(thread_by_pthread(PTHREAD), 0);
    uint32_t first = named(PTHREAD);
    cr_expect_eq(thread_by_pthread(PTHREAD), first);
    uint32_t other = named(PTHREAD + (1ull << 32)), second = named(PTHREAD);
    cr_expect_eq(thread_by_pthread(PTHREAD), second);
    cr_expect_eq(thread_by_pthread(PTHREAD + (1ull << 32)), other);
}

/* The thread has said its pthread_t and was stopped there: the creator, which goes on to join it,
   must not find the thread before it. */
Test(thread, is_found_while_it_names_itself)
{
    named(PTHREAD);
    struct thread *made = thread_create(NULL, 0, 0);
    made->row->pthread = PTHREAD;
    thread_named(made->row, made->number, PTHREAD);
    cr_expect_eq(thread_by_pthread(PTHREAD), made->number);
    /* And when it goes on, with others on top. */
    uint32_t next = named(PTHREAD);
    thread_named(made->row, made->number, PTHREAD);
    cr_expect_eq(thread_by_pthread(PTHREAD), next);
}

/* Creator and thread at once, on one bucket, beside another such pair: each row
   is in the chain exactly once. */
#define ROWS 1000u
static struct thread *pair[2][ROWS];
static pthread_barrier_t start;

static void *name_all(void *of)
{
    struct thread **rows = of;
    pthread_barrier_wait(&start);
    for (uint32_t i = 0; i < ROWS; i++) {
        thread_named(rows[i]->row, rows[i]->number, PTHREAD);
        if (!rows[i]->row->older)
            return (void *)1; /* named, and not linked */
    }
    return NULL;
}

Test(thread, both_name_it_at_once)
{
    pthread_t threads[4];
    for (uint32_t i = 0; i < 2 * ROWS; i++)
        cr_assert((pair[i % 2][i / 2] = thread_create(NULL, 0, 0))->number);
    pthread_barrier_init(&start, NULL, 4);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, name_all, pair[i % 2]);
    for (int i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        cr_expect_null(wrong);
    }
    static bool met[2 * ROWS + 2];
    uint32_t count = 0;
    for (uint32_t number = thread_by_pthread(PTHREAD); number; count++) {
        cr_assert(number < 2 * ROWS + 2 && !met[number], "%u is linked twice", number);
        met[number] = true;
        number = thread_row(number)->older - 1;
    }
    cr_expect_eq(count, 2 * ROWS);
}
