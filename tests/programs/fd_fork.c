/* A fork's child: what its parent had open is no leak of the child and may be closed there, numbers
// that were never open in the child are closed silently, but closing twice is told and so is what
the
// child opens itself.
// expect: double-close count=1 function=close_again role=here
// expect: fd-leak count=1 function=by_child role=opened
// expect: fd-leak count=1 function=by_parent role=opened
*/
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static int by_parent(void)
{
    int fd = open("/dev/null", O_RDONLY);
    __asm__ volatile("");
    return fd;
}

__attribute__((noinline)) static void by_child(void)
{
    if (open("/dev/zero", O_RDONLY) < 0)
        abort();
    __asm__ volatile("");
}

__attribute__((noinline)) static void close_again(int fd)
{
    close(fd);
    __asm__ volatile("");
}

int main(void)
{
    int status, kept = by_parent(), other = open("/dev/null", O_RDONLY);
    FILE *stream = fopen("/dev/null", "r");
    pid_t child = fork();
    if (child == 0) {
        by_child();
        fclose(stream);
        close(other);
        close_again(other);
        close(700);
        close(900);
        _exit(kept < 0);
    }
    waitpid(child, &status, 0);
    close(other);
    fclose(stream);
    return status;
}
