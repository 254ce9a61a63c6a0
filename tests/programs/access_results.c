/* What calls that wait, open, start and copy read and write besides data, unordered.
// build: -fno-builtin -w
// expect: data-race function=status_first role=earlier call=waitpid
// expect: data-race top=status_second role=here call=memset
// expect: data-race function=usage_first role=earlier call=wait4
// expect: data-race top=usage_second role=here call=memset
// expect: data-race function=child_first role=earlier call=waitid
// expect: data-race top=child_second role=here call=memset
// expect: data-race function=interrupted role=earlier call=nanosleep
// expect: data-race top=left_second role=here call=memset
// expect: data-race function=slept_first role=earlier call=nanosleep
// expect: data-race top=slept_second role=here call=memset
// expect: data-race function=ends_first role=earlier call=pipe
// expect: data-race top=ends_second role=here call=memset
// expect: data-race function=pair__first role=earlier call=socketpair
// expect: data-race top=pair__second role=here call=memset
// expect: data-race function=file_first role=earlier call=fopen
// expect: data-race top=file_second role=here call=memset
// expect: data-race function=mode_first role=earlier call=fopen
// expect: data-race top=mode_second role=here call=memset
// expect: data-race function=folder_first role=earlier call=opendir
// expect: data-race top=folder_second role=here call=memset
// expect: data-race function=program_first role=earlier call=posix_spawn
// expect: data-race top=program_second role=here call=memset
// expect: data-race function=image_first role=earlier call=execve
// expect: data-race top=image_second role=here call=memset
// expect: data-race function=sent_first role=earlier call=sendfile
// expect: data-race top=sent_second role=here call=memset
// expect: data-race function=spliced_first role=earlier call=splice
// expect: data-race top=spliced_second role=here call=memset
// expect: data-race function=copied_first role=earlier call=copy_file_range
// expect: data-race top=copied_second role=here call=memset
// expect: handle-race function=locked_first role=earlier
// expect: handle-race function=locked_second role=here
*/
#include <dirent.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "pairs.h"

static int status1, ends1[2], pair1[2], in, out, pipes[2], locked;
static pid_t children[3];
static struct rusage usage1;
static siginfo_t info1;
static struct timespec left1, time1 = {0, 1};
static char path1[16] = "/dev/null", mode1[16] = "r", path2[16] = "/", path3[16] = "/bin/true",
            path4[16] = "/no/program";
static off_t at1;
static off64_t at2, at3;
static char *const arguments[] = {"true", NULL};

static void *interrupt(void *tid)
{
    wait_until_blocked((int)(long)tid);
    support_call(SYS_tgkill, getpid(), (long)tid, SIGUSR1, 0);
    return NULL;
}

static void ignore(int signal)
{
}

/* Nobody else's end is waited for by this thread. */
static void interrupted(void)
{
    pthread_t helper;
    const struct timespec hour = {3600, 0};
    pthread_create(&helper, NULL, interrupt, (void *)(long)support_tid());
    nanosleep(&hour, &left1);
    pthread_join(helper, NULL);
}

static void start(char *path)
{
    pid_t pid;
    if (posix_spawn(&pid, path, NULL, NULL, arguments, environ) == 0)
        support_call(SYS_wait4, pid, 0, 0, 0);
}

PAIR(status, waitpid(children[0], &status1, 0), memset(&status1, 0, 1))
PAIR(usage, wait4(children[1], NULL, 0, &usage1), memset(&usage1, 0, 1))
PAIR(child, waitid(P_PID, children[2], &info1, WEXITED), memset(&info1, 0, 1))
PAIR(left, interrupted(), memset(&left1, 0, 1))
PAIR(slept, nanosleep(&time1, NULL), memset(&time1, 0, 1))
PAIR(ends, pipe(ends1); close(ends1[0]); close(ends1[1]), memset(ends1, 0, 1))
PAIR(pair_, socketpair(AF_UNIX, SOCK_STREAM, 0, pair1); close(pair1[0]);
     close(pair1[1]), memset(pair1, 0, 1))
PAIR(file, fclose(fopen(path1, "r")), memset(path1, 0, 1))
PAIR(mode, fclose(fopen("/dev/null", mode1)), memset(mode1, 0, 1))
PAIR(folder, closedir(opendir(path2)), memset(path2, 0, 1))
PAIR(program, start(path3), memset(path3, 0, 1))
PAIR(image, execve(path4, arguments, environ), memset(path4, 0, 1))
PAIR(sent, KEEP(sendfile(out, in, &at1, 4)), memset(&at1, 0, 1))
PAIR(spliced, KEEP(splice(in, &at2, pipes[1], NULL, 4, 0)), memset(&at2, 0, 1))
PAIR(copied, KEEP(copy_file_range(out, &at3, out, &(off64_t){100}, 4, 0)), memset(&at3, 0, 1))
PAIR(locked, lockf(locked, F_TLOCK, 1), close(locked))

int main(void)
{
    struct sigaction action = {.sa_handler = ignore};
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < 3; i++)
        if ((children[i] = fork()) == 0)
            _exit(0);
    in = open("/proc/self/exe", O_RDONLY);
    out = memfd_create("out", 0);
    locked = memfd_create("locked", 0);
    pipe(pipes);
    RUN_PAIRS(&status_pair, &usage_pair, &child_pair, &left_pair, &slept_pair, &ends_pair,
              &pair__pair, &file_pair, &mode_pair, &folder_pair, &program_pair, &image_pair,
              &sent_pair, &spliced_pair, &copied_pair, &locked_pair);
    close(in);
    close(out);
    close(pipes[0]);
    close(pipes[1]);
    return 0;
}
