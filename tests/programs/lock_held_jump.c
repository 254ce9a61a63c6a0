/* longjmp skips a release, which is said; where the function that took the lock was not left by it,
   or had returned before, it is not.
// expect: lock-held count=1 severity=warning function=worker role=acquired text=longjmp_left
// expect: lock-held count=1 function=gives_up role=here
// expect: lock-held count=1 function=takes_here role=acquired text=thread_ended_while
// expect: lock-held count=1 function=take_for_caller role=acquired text=thread_ended_while
*/
#include <pthread.h>
#include <setjmp.h>

#define ALONE __attribute__((noinline, noclone)) static
#define HERE  __asm__ volatile("" ::: "memory")

static pthread_mutex_t locks[4] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
                                   PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

ALONE void gives_up(jmp_buf out)
{
    longjmp(out, 1);
}

ALONE void worker(jmp_buf out)
{
    pthread_mutex_lock(&locks[0]);
    gives_up(out);
    pthread_mutex_unlock(&locks[0]);
}

ALONE void *leaves(void *argument)
{
    jmp_buf out;
    if (!setjmp(out))
        worker(out);
    HERE;
    return argument;
}

/* Takes it itself, jumps back to itself, and forgets. */
ALONE void *takes_here(void *argument)
{
    jmp_buf out;
    if (!setjmp(out)) {
        pthread_mutex_lock(&locks[1]);
        gives_up(out);
    }
    HERE;
    return argument;
}

ALONE void take_for_caller(void)
{
    pthread_mutex_lock(&locks[2]);
    HERE;
}

/* Its lock was taken by a function that has long returned. */
ALONE void *has_it_taken(void *argument)
{
    jmp_buf out;
    take_for_caller();
    if (!setjmp(out))
        gives_up(out);
    HERE;
    return argument;
}

/* No fault: where the jump ends, the lock is released. */
ALONE void deeper(jmp_buf out)
{
    pthread_mutex_lock(&locks[3]);
    gives_up(out);
}

ALONE void *mends(void *argument)
{
    jmp_buf out;
    if (!setjmp(out))
        deeper(out);
    pthread_mutex_unlock(&locks[3]);
    return argument;
}

int main(void)
{
    void *(*const routines[])(void *) = {leaves, takes_here, has_it_taken, mends};
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, routines[i], NULL);
        pthread_join(thread, NULL);
    }
    return 0;
}
