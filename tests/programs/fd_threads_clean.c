/* Threads that open and close as fast as they can pass numbers around between them: no number is
// closed twice, and at the end none is open.
// expect: none
*/
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *work(void *unused)
{
    for (int i = 0; i < 2000; i++) {
        int fds[2];
        int fd = open("/dev/null", O_RDONLY);
        if (fd < 0 || pipe(fds) != 0 || close(fd) != 0)
            abort();
        FILE *stream = fdopen(fds[0], "r");
        if (!stream || fclose(stream) != 0 || close(fds[1]) != 0)
            abort();
    }
    return unused;
}

int main(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
