/* Locks released by who does not hold them.
// expect: unlock-misuse count=1 severity=error function=unlock_free role=here text=Nobody_held
// expect: unlock-misuse count=1 function=unlock_twice role=here text=Nobody_held
// expect: unlock-misuse count=1 function=unlock_other role=here text=Another_thread_holds
// expect: unlock-misuse count=1 function=takes role=acquired
// expect: unlock-misuse count=1 function=unlock_checked role=here
// expect: unlock-misuse count=1 function=unlock_spin role=here text=Nobody_held
// expect: unlock-misuse count=1 function=unlock_rwlock role=here text=Another_thread_holds
// expect: unlock-misuse count=1 function=unlock_reader role=here text=for_reading
// expect: unlock-misuse count=1 function=unlock_family role=here text=another_kind
// expect: unlock-misuse count=1 function=takes_family role=acquired
// expect: unlock-misuse count=1 function=unlock_c11 role=here text=Nobody_held
*/
#include <pthread.h>
#include <stdio.h>
#include <threads.h>

#include "support.h"

#define ALONE __attribute__((noinline, noclone)) static
#define HERE  __asm__ volatile("" ::: "memory")

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_rwlock_t written = PTHREAD_RWLOCK_INITIALIZER, read_by = PTHREAD_RWLOCK_INITIALIZER;
static gate taken, ended;

ALONE void takes(void)
{
    pthread_mutex_lock(&mutex);
    HERE;
}

static void *holder(void *argument)
{
    takes();
    pthread_mutex_lock(&checked);
    pthread_rwlock_wrlock(&written);
    pthread_rwlock_rdlock(&read_by);
    gate_open(&taken);
    gate_wait(&ended);
    pthread_mutex_unlock(&checked);
    return argument;
}

ALONE void unlock_free(void)
{
    static pthread_mutex_t never = PTHREAD_MUTEX_INITIALIZER;
    printf("free: %d\n", pthread_mutex_unlock(&never));
}

ALONE void unlock_twice(void)
{
    static pthread_mutex_t twice = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&twice);
    pthread_mutex_unlock(&twice);
    printf("twice: %d\n", pthread_mutex_unlock(&twice));
}

ALONE void unlock_other(void)
{
    printf("other: %d\n", pthread_mutex_unlock(&mutex));
}

ALONE void unlock_checked(void)
{
    printf("checked: %d\n", pthread_mutex_unlock(&checked));
}

ALONE void unlock_rwlock(void)
{
    printf("rwlock: %d\n", pthread_rwlock_unlock(&written));
}

ALONE void unlock_reader(void)
{
    printf("reader: %d\n", pthread_rwlock_unlock(&read_by));
}

ALONE void unlock_spin(void)
{
    pthread_spinlock_t lock;
    pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE);
    printf("spin: %d\n", pthread_spin_unlock(&lock));
    pthread_spin_destroy(&lock);
}

ALONE void takes_family(pthread_rwlock_t *lock)
{
    pthread_rwlock_wrlock(lock);
    HERE;
}

ALONE void unlock_family(void)
{
    static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    takes_family(&lock);
    pthread_rwlock_t before = lock;
    printf("family: %d\n", pthread_spin_unlock((pthread_spinlock_t *)&lock));
    lock = before;
    pthread_rwlock_unlock(&lock);
}

ALONE void unlock_c11(void)
{
    mtx_t own;
    mtx_init(&own, mtx_plain);
    printf("c11: %d\n", mtx_unlock(&own));
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, holder, NULL);
    gate_wait(&taken);
    unlock_free();
    unlock_twice();
    unlock_other();
    unlock_checked();
    unlock_rwlock();
    unlock_reader();
    unlock_spin();
    unlock_family();
    unlock_c11();
    gate_open(&ended);
    pthread_join(thread, NULL);
    return 0;
}
