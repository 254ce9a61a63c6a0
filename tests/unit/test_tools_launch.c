/* Stopping and continuing as the program does, in the orders in which signals can be handed out.
   What a terminal shows of it is in tests/launch. */
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"

/* A launcher whose program is stopped already when it looks for the first time. told: its own stop
   signal is pending, too. Gives both pids; the program ends when the pipe is closed. */
static pid_t start_launcher(bool told, int gate[2], pid_t *ret_program)
{
    int pids[2];
    cr_assert_eq(pipe(pids), 0);
    cr_assert_eq(pipe(gate), 0);
    pid_t launcher = fork();
    if (launcher == 0) {
        struct launch launch;
        char *arguments[] = {"cat", NULL};
        close(gate[1]);
        dup2(gate[0], 0);
        if (launch_start(&launch, "/bin/cat", arguments, environ))
            _exit(99);
        siginfo_t info;
        kill(launch.pid, SIGSTOP);
        waitid(P_PID, (id_t)launch.pid, &info, WSTOPPED | WNOWAIT);
        if (told)
            raise(SIGTSTP);
        if (write(pids[1], &launch.pid, sizeof launch.pid) < 0)
            _exit(98);
        _exit(WEXITSTATUS(launch_wait(&launch)));
    }
    cr_assert_eq(read(pids[0], ret_program, sizeof *ret_program), (ssize_t)sizeof *ret_program);
    close(gate[0]);
    close(pids[0]);
    close(pids[1]);
    return launcher;
}

Test(tools_launch, stops_with_a_program_that_stopped_first, .timeout = 30)
{
    int gate[2], status;
    pid_t program, launcher = start_launcher(true, gate, &program);
    cr_assert_eq(waitpid(launcher, &status, WUNTRACED), launcher);
    cr_expect(WIFSTOPPED(status), "status %d", status);
    close(gate[1]);
    kill(launcher, SIGCONT); /* passed on */
    cr_assert_eq(waitpid(launcher, &status, 0), launcher);
    cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "status %d", status);
}

Test(tools_launch, a_program_stopped_alone_stops_alone, .timeout = 30)
{
    int gate[2], status;
    pid_t program, launcher = start_launcher(false, gate, &program);
    close(gate[1]);
    kill(program, SIGCONT);
    cr_assert_eq(waitpid(launcher, &status, WUNTRACED), launcher);
    cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "status %d", status);
}
