/* With handles off nothing of them is told.
// options: --handles=off
// expect: none
*/
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    int fd = open("/dev/null", O_RDONLY);
    close(fd);
    close(fd);
    open("/dev/null", O_RDONLY);
    return !fopen("/dev/null", "r");
}
