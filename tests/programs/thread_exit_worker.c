/* exit from a thread that main is joining: nothing is left behind by that.
// status: 3
// expect: none
*/
#include <pthread.h>
#include <stdlib.h>

#include "support.h"

static void *work(void *argument)
{
    wait_until_blocked((int)getpid());
    exit(argument ? 4 : 3);
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    return 1;
}
