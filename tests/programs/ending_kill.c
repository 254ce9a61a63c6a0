/* SIGKILL: nothing can be said at the end, but the recording is there and says what was live.
// status: 137
// expect: none
// expect-process: state=killed
*/
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

int main(void)
{
    open("/etc/passwd", O_RDONLY);
    kill(getpid(), SIGKILL);
    return 0;
}
