/* What calls that wait, open and copy leave alone, and what is ordered, races with nobody.
// build: -fno-builtin -w
// expect: none
*/
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "pairs.h"

static int status1, status2, status3, ends1[2], in, out, locked, none = -1, hold[2];
static pid_t waits, ended;
static struct timespec left1, left2, short1 = {0, 1}, past;
static char path1[16] = "/dev/null", path2[16] = "/";
static off_t at1, at2;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

#define LOCKED(statement)                                                                          \
    do {                                                                                           \
        pthread_mutex_lock(&mutex);                                                                \
        statement;                                                                                 \
        pthread_mutex_unlock(&mutex);                                                              \
    } while (0)

PAIR(not_yet, waitpid(waits, &status1, WNOHANG), memset(&status1, 0, 1))
PAIR(no_child, waitpid(getpid(), &status2, 0), memset(&status2, 0, 1))
PAIR(known, LOCKED(waitpid(ended, &status3, 0)), LOCKED(memset(&status3, 0, 1)))
PAIR(slept, nanosleep(&short1, &left1), memset(&left1, 0, 1))
PAIR(until, clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, &left2), memset(&left2, 0, 1))
PAIR(refused, socketpair(AF_INET, SOCK_STREAM, 0, ends1), memset(ends1, 0, 1))
PAIR(both_read, fclose(fopen(path1, "r")), fclose(fopen(path1, "r")))
PAIR(beside, closedir(opendir(path2)), memset(path2 + 2, 0, 1))
PAIR(no_input, KEEP(sendfile(out, none, &at1, 4)), memset(&at1, 0, 1))
PAIR(in_order, LOCKED(KEEP(sendfile(out, in, &at2, 4))), LOCKED(memset(&at2, 0, 1)))
PAIR(locks, LOCKED(KEEP(lockf(locked, F_TLOCK, 1))), LOCKED(close(locked)))

int main(void)
{
    char byte;
    pipe(hold);
    if ((waits = fork()) == 0) {
        support_call(SYS_close, hold[1], 0, 0, 0);
        support_call(SYS_read, hold[0], (long)&byte, 1, 0);
        _exit(0);
    }
    if ((ended = fork()) == 0)
        _exit(0);
    in = open("/proc/self/exe", O_RDONLY);
    out = memfd_create("out", 0);
    locked = memfd_create("locked", 0);
    /* Those with the mutex come last: it orders all that was before. */
    RUN_PAIRS(&not_yet_pair, &no_child_pair, &slept_pair, &until_pair, &refused_pair,
              &both_read_pair, &beside_pair, &no_input_pair, &known_pair, &in_order_pair,
              &locks_pair);
    close(hold[1]);
    waitpid(waits, NULL, 0);
    close(hold[0]);
    close(in);
    close(out);
    return 0;
}
