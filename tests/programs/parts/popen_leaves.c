/* Started by stream_popen_child through a shell: closes twice. */
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
    int fd = open("/dev/null", O_RDONLY);
    close(fd);
    close(fd);
    return 0;
}
