/* A signal ends the process in the middle of what a lock protects: nobody skipped anything.
// status: 143
// expect: none
*/
#include <pthread.h>
#include <signal.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int main(void)
{
    pthread_mutex_lock(&lock);
    raise(SIGTERM);
    pthread_mutex_unlock(&lock);
    return 0;
}
