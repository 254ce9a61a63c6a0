/* A child loses a block of its own; what it has of its parent's is the parent's business.
// build: -O0
// expect: memory-leak count=1 bytes=777 leak=direct function=lose_in_child
*/
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *kept[100];

static void lose_in_child(void)
{
    void *volatile lost = malloc(777);
    memset(lost, 0, 777);
}

static void clear(void)
{
    volatile char room[16384];
    memset((char *)room, 0, sizeof room);
}

int main(void)
{
    for (int i = 0; i < 100; i++)
        kept[i] = calloc(1, 1000);
    pid_t child = fork();
    if (child == 0) {
        lose_in_child();
        clear();
        return 0;
    }
    waitpid(child, NULL, 0);
    return 0;
}
