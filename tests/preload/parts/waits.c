/* Notices every child: a handler for SIGCHLD, and a thread in wait. Ends while both are there. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t lasting;

static void handler(int number)
{
    if (write(1, "SIGCHLD\n", 8) < 0)
        abort();
}

static void *reaps(void *unused)
{
    pid_t child;
    while ((child = wait(NULL)) > 0) {
        dprintf(1, "%s\n", child == lasting ? "the lasting one" : "another");
        if (child == lasting)
            break;
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;
    char byte;
    int ends[2];
    signal(SIGCHLD, handler);
    if (pipe(ends) != 0)
        return 1;
    if ((lasting = fork()) == 0) {
        close(ends[1]);
        _exit((int)read(ends[0], &byte, 1)); /* until the parent is gone */
    }
    pthread_create(&thread, NULL, reaps, NULL);
    open("/etc/passwd", O_RDONLY);
    return 0;
}
