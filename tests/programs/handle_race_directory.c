/* A directory is closed while another thread reads it; the uses themselves do not race.
// expect: handle-race count=1 function=look role=earlier
// expect: handle-race top=main role=here text=
*/
#include <dirent.h>
#include <pthread.h>

#include "support.h"

static DIR *directory;
static gate looked;

__attribute__((noinline)) static void look(void)
{
    rewinddir(directory);
    telldir(directory);
    __asm__ volatile("");
}

static void *user(void *argument)
{
    look();
    gate_open(&looked);
    return argument;
}

int main(void)
{
    pthread_t thread;
    directory = opendir("/");
    pthread_create(&thread, NULL, user, NULL);
    gate_wait(&looked);
    closedir(directory);
    pthread_join(thread, NULL);
    directory = opendir("/");
    pthread_create(&thread, NULL, user, NULL);
    pthread_join(thread, NULL);
    closedir(directory);
    return 0;
}
