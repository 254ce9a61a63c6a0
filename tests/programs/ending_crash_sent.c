/* SIGSEGV sent by kill, in a thread that is not the main one.
// status: 139
// expect: none
// expect-process: state=crashed signal=11
*/
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static void *sends(void *unused)
{
    kill(getpid(), SIGSEGV);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, sends, NULL);
    pthread_join(thread, NULL);
    return 0;
}
