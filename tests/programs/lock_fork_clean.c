/* fork with handlers that take locks before it and give them back on both sides, a child that makes
   its locks anew, and locks in memory that processes share.
// expect: none
*/
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER,
                       renewed = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static gate taken, ended;

static void prepare(void)
{
    pthread_mutex_lock(&first);
    pthread_mutex_lock(&second);
    pthread_rwlock_rdlock(&table); /* the child has another id than the writer had */
}

static void after(void)
{
    pthread_rwlock_unlock(&table);
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&first);
}

static void in_child(void)
{
    after();
    pthread_mutex_init(&renewed, NULL); /* another thread held it in the parent */
}

static void use_all(void)
{
    pthread_mutex_lock(&first);
    pthread_mutex_lock(&second);
    pthread_rwlock_rdlock(&table);
    pthread_rwlock_unlock(&table);
    pthread_mutex_unlock(&second);
    pthread_mutex_unlock(&first);
}

static void *holds(void *argument)
{
    pthread_mutex_lock(&renewed);
    gate_open(&taken);
    gate_wait(&ended);
    pthread_mutex_unlock(&renewed);
    return argument;
}

/* Two processes hand a lock back and forth; each sees half of it. */
static void shared_lock(void)
{
    struct both {
        pthread_mutex_t lock;
        pthread_rwlock_t rwlock;
        pthread_spinlock_t spin;
        gate turn[2];
        int value;
    } *both = mmap(NULL, sizeof *both, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&both->lock, &attr);
    pthread_rwlockattr_t rwattr;
    pthread_rwlockattr_init(&rwattr);
    pthread_rwlockattr_setpshared(&rwattr, PTHREAD_PROCESS_SHARED);
    pthread_rwlock_init(&both->rwlock, &rwattr);
    pthread_spin_init(&both->spin, PTHREAD_PROCESS_SHARED);
    pid_t child = fork();
    for (int i = 1; i <= 100; i++) {
        if (child == 0)
            gate_wait_count(&both->turn[0], i);
        pthread_mutex_lock(&both->lock);
        pthread_rwlock_wrlock(&both->rwlock);
        pthread_spin_lock(&both->spin);
        both->value++;
        pthread_spin_unlock(&both->spin);
        pthread_rwlock_unlock(&both->rwlock);
        pthread_mutex_unlock(&both->lock);
        gate_open(&both->turn[child == 0]);
        if (child != 0)
            gate_wait_count(&both->turn[1], i);
    }
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    printf("%d\n", both->value);
    pthread_mutex_destroy(&both->lock);
    munmap(both, sizeof *both);
}

/* By the first thread and by another one: the child is its own first thread both times. */
static void *forks(void *argument)
{
    static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&outer);
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(&inner);
        pthread_mutex_unlock(&outer);
        pthread_mutex_unlock(&inner);
        use_all();
        pthread_mutex_lock(&renewed);
        pthread_mutex_unlock(&renewed);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    pthread_mutex_unlock(&outer);
    use_all();
    return argument;
}

int main(void)
{
    pthread_t thread, forker;
    pthread_atfork(prepare, after, in_child);
    pthread_create(&thread, NULL, holds, NULL);
    gate_wait(&taken);
    forks(NULL);
    pthread_create(&forker, NULL, forks, NULL);
    pthread_join(forker, NULL);
    gate_open(&ended);
    pthread_join(thread, NULL);
    fflush(stdout);
    shared_lock();
    return 0;
}
