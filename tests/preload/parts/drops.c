/* Gives up its rights, forks, and loses memory in the child. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void lose(void)
{
    void *volatile block = malloc(123);
    block = NULL;
}

int main(void)
{
    if (setgid(65534) != 0 || setuid(65534) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0)
        lose();
    else
        waitpid(child, NULL, 0);
    return 0;
}
