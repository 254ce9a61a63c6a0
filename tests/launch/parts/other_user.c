/* other_user UID: becomes that user, and leaves descriptors open there, in a child and in its
   child: both record where that user may write. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPENS(name)                                                                                \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        if (open("/dev/null", O_RDONLY) < 0)                                                       \
            abort();                                                                               \
        __asm__ volatile("");                                                                      \
    }
OPENS(parent_opens)
OPENS(child_opens)
OPENS(grandchild_opens)

static int wait_for(pid_t child)
{
    int status;
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    unsigned user = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    if (!user || setgid(user) || setuid(user))
        return 2;
    parent_opens();
    pid_t child = fork();
    if (child > 0)
        return wait_for(child);
    child_opens();
    child = fork();
    if (child > 0)
        return wait_for(child);
    grandchild_opens();
    return 0;
}
