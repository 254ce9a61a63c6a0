/* SIGCHLD is ignored: nothing is left behind, and what was never known is a note.
// expect: child-leak severity=note count=1 function=main role=forked
*/
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0); /* before: this one's status was seen */
    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0)
        _exit(0);
    return wait(NULL) == -1 && errno == ECHILD ? 0 : 1;
}
