/* Images of one process: each has a recording, the one that was replaced says so.
// part: process_leaves
// status: 2
// expect: fd-leak count=1 program=process_leaves name=/etc/group
// expect-process: program=process_exec_chain state=replaced
// expect-process: program=dash state=replaced
// expect-process: program=process_leaves status=2
*/
#include <fcntl.h>
#include <unistd.h>

int main(void)
{
    open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    execlp("sh", "sh", "-c", "exec ./process_leaves a b", NULL);
    return 1;
}
