/* Locks used wrongly, each way once: the call that did it, and the other side.
// expect: lock-misuse count=1 severity=error function=lock_destroyed role=here
text=had_been_destroyed
// expect: lock-misuse count=1 function=destroys role=destroyed
// expect: lock-misuse count=1 function=read_destroyed role=here text=had_been_destroyed
// expect: lock-misuse count=1 function=destroys_rwlock role=destroyed
// expect: lock-misuse count=1 function=destroy_twice role=here text=had_been_destroyed
// expect: lock-misuse count=1 function=destroy_held role=here text=still_held
// expect: lock-misuse count=1 function=takes_held role=acquired
// expect: lock-misuse count=1 function=destroy_held_rwlock role=here
text=destroyed_while_it_was_held
// expect: lock-misuse count=1 function=initialise_held role=here text=initialised_while_it_was_held
// expect: lock-misuse count=1 function=initialise_again role=here text=was_not_destroyed_since
// expect: lock-misuse count=1 function=lock_twice role=here text=holds_the_lock_already
// expect: lock-misuse count=1 function=consistent role=here text=refused_as_invalid
// expect: lock-misuse count=1 function=free_held role=here text=memory_of_the_lock
// expect: lock-misuse count=1 function=leave_held_caller role=here text=memory_of_the_lock
*/
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

#define ALONE __attribute__((noinline, noclone)) static
#define HERE  __asm__ volatile("" ::: "memory")

ALONE void destroys(pthread_mutex_t *mutex)
{
    pthread_mutex_destroy(mutex);
    HERE;
}

ALONE void lock_destroyed(void)
{
    static pthread_mutex_t mutex;
    pthread_mutex_init(&mutex, NULL);
    destroys(&mutex);
    printf("lock destroyed: %d\n", pthread_mutex_lock(&mutex));
}

ALONE void destroys_rwlock(pthread_rwlock_t *lock)
{
    pthread_rwlock_destroy(lock);
    HERE;
}

ALONE void read_destroyed(void)
{
    static pthread_rwlock_t lock;
    pthread_rwlock_init(&lock, NULL);
    destroys_rwlock(&lock);
    printf("read destroyed: %d\n", pthread_rwlock_rdlock(&lock));
    pthread_rwlock_unlock(&lock);
}

ALONE void destroy_twice(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_destroy(&mutex);
    printf("destroy twice: %d\n", pthread_mutex_destroy(&mutex));
}

ALONE void takes_held(pthread_mutex_t *mutex)
{
    pthread_mutex_lock(mutex);
    HERE;
}

ALONE void destroy_held(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    takes_held(&mutex);
    printf("destroy held: %d\n", pthread_mutex_destroy(&mutex));
    pthread_mutex_unlock(&mutex);
    pthread_mutex_destroy(&mutex);
}

ALONE void destroy_held_rwlock(void)
{
    static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_rwlock_wrlock(&lock);
    printf("destroy held rwlock: %d\n", pthread_rwlock_destroy(&lock));
}

ALONE void initialise_held(void)
{
    pthread_spinlock_t *lock = malloc(sizeof *lock);
    pthread_spin_init(lock, PTHREAD_PROCESS_PRIVATE);
    pthread_spin_lock(lock);
    printf("initialise held: %d\n", pthread_spin_init(lock, PTHREAD_PROCESS_PRIVATE));
    pthread_spin_destroy(lock);
    free(lock);
}

ALONE void initialise_again(void)
{
    static mtx_t mutex;
    mtx_init(&mutex, mtx_plain);
    printf("initialise again: %d\n", mtx_init(&mutex, mtx_plain));
    mtx_destroy(&mutex);
}

ALONE void lock_twice(void)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t mutex;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&mutex, &attr);
    pthread_mutex_lock(&mutex);
    printf("lock twice: %d\n", pthread_mutex_lock(&mutex));
    pthread_mutex_unlock(&mutex);
    pthread_mutex_destroy(&mutex);
}

ALONE void consistent(void)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    printf("consistent: %d\n", pthread_mutex_consistent(&mutex));
}

ALONE void free_held(void)
{
    pthread_mutex_t *mutex = malloc(sizeof *mutex);
    pthread_mutex_init(mutex, NULL);
    pthread_mutex_lock(mutex);
    free(mutex);
    HERE;
}

ALONE void leave_held(void)
{
    char room[4096];
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    __asm__ volatile("" ::"r"(room) : "memory");
    pthread_mutex_lock(&mutex);
    HERE;
}

ALONE void leave_held_caller(void)
{
    static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
    leave_held();
    pthread_mutex_lock(&other);
    pthread_mutex_unlock(&other);
}

int main(void)
{
    lock_destroyed();
    read_destroyed();
    destroy_twice();
    destroy_held();
    destroy_held_rwlock();
    initialise_held();
    initialise_again();
    lock_twice();
    consistent();
    free_held();
    leave_held_caller();
    return 0;
}
