/* Another root, without /proc or anything else, and another user: the program goes on, and so does
   what can be watched there. Leaks of memory cannot be looked for, which is said.
// expect: fd-leak count=1 function=opens role=opened
// expect-process: state=ended status=0
*/
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((noinline)) static void opens(void)
{
    open(".", O_RDONLY | O_DIRECTORY);
    __asm__ volatile("");
}

int main(void)
{
    mkdir("root", 0755);
    /* Not allowed to all: then only the rest. */
    if (geteuid() == 0 &&
        (chroot("root") != 0 || chdir("/") != 0 || setgid(65534) != 0 || setuid(65534) != 0))
        return 1;
    opens();
    free(malloc(10));
    return 0;
}
