/* main leaves by pthread_exit; the process ends when the last thread does.
// expect: fd-leak count=1 function=goes_on role=opened
// expect-process: state=ended status=0 ending=ended_with_its_last_thread
*/
#include "support.h"
#include <fcntl.h>
#include <pthread.h>

static int main_tid;

static void *goes_on(void *unused)
{
    wait_until_blocked(main_tid); /* or gone */
    open("/etc/passwd", O_RDONLY);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    main_tid = support_tid();
    pthread_create(&thread, NULL, goes_on, NULL);
    pthread_detach(thread);
    pthread_exit(NULL);
}
