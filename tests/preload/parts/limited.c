/* Uses a little of everything, and prints what it got. Argument nofile: without a free descriptor;
   noproc: as a user who may have no process more. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void *work(void *block)
{
    free(block);
    return NULL;
}

__attribute__((noinline)) static void lose(void)
{
    /* Other allocators keep some of what they gave in memory of theirs. */
    for (int i = 0; i < 1000; i++) {
        void *volatile block = malloc(123);
        block = NULL;
    }
}

int main(int argc, char **argv)
{
    pthread_t thread;
    const struct rlimit none = {.rlim_cur = 3, .rlim_max = 3};
    if (argc > 1 && !strcmp(argv[1], "nofile") && setrlimit(RLIMIT_NOFILE, &none) != 0)
        return 1;
    const struct rlimit alone = {.rlim_cur = 0, .rlim_max = 0};
    if (argc > 1 && !strcmp(argv[1], "noproc") &&
        (setgid(65534) != 0 || setuid(65534) != 0 || setrlimit(RLIMIT_NPROC, &alone) != 0))
        return 1;
    int error = pthread_create(&thread, NULL, work, malloc(10));
    printf("thread %s\n", error ? strerror(error) : "made");
    if (!error)
        pthread_join(thread, NULL);
    int fd = open("/dev/null", O_RDWR);
    printf("open %s\n", fd < 0 ? strerror(errno) : "made");
    if (fd >= 0)
        close(fd);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(3);
    printf("fork %s\n", child < 0 ? strerror(errno) : "made");
    int status = 0;
    if (child > 0)
        waitpid(child, &status, 0);
    printf("status %d\n", WEXITSTATUS(status));
    lose();
    return 4;
}
