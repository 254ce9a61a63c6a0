#include "launch.h"
#include "tree.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What is passed on. Not the signals of our own faults, and not those that nobody can catch. */
static const int forwarded[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,  SIGUSR2,
                                SIGALRM, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU,  SIGWINCH,
                                SIGURG,  SIGIO,   SIGPWR,  SIGPROF, SIGVTALRM};

static void fill_forwarded(sigset_t *set)
{
    sigemptyset(set);
    for (unsigned i = 0; i < sizeof forwarded / sizeof forwarded[0]; i++)
        sigaddset(set, forwarded[i]);
    for (int signal = SIGRTMIN; signal <= SIGRTMAX; signal++)
        sigaddset(set, signal);
}

/* Signals that a terminal sends to all processes of its foreground group at once. */
static bool from_terminal(const siginfo_t *info)
{
    switch (info->si_signo) {
    case SIGHUP:
    case SIGINT:
    case SIGQUIT:
    case SIGCONT:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGWINCH:
        return info->si_code == SI_KERNEL;
    }
    return false;
}

/* The child's side of launch_start: never returns. */
static _Noreturn void become(struct launch *launch, pid_t launcher, int errors, const char *path,
                             char **arguments, char **environment)
{
    int error = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != launcher)
        _exit(127);
    sigaction(SIGCHLD, &launch->on_child, NULL);
    sigprocmask(SIG_SETMASK, &launch->mask, NULL);
    execve(path, arguments, environment);
    error = errno;
    if (write(errors, &error, sizeof error) < 0)
        _exit(126);
    _exit(127);
}

int launch_start(struct launch *ret, const char *path, char **arguments, char **environment)
{
    *ret = (struct launch){0};
    int errors[2], error = 0;
    if (pipe2(errors, O_CLOEXEC))
        return -errno;
    sigset_t set;
    fill_forwarded(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, &ret->mask);
    /* Were SIGCHLD ignored, the kernel would reap the program and its status would be lost. */
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &ret->on_child);
    pid_t launcher = getpid();
    ret->pid = fork();
    if (ret->pid == 0)
        become(ret, launcher, errors[1], path, arguments, environment);
    if (ret->pid < 0)
        error = errno;
    close(errors[1]);
    /* End of file: the exec closed the other end. */
    while (ret->pid > 0 && read(errors[0], &error, sizeof error) < 0 && errno == EINTR)
        ;
    close(errors[0]);
    if (!error)
        return 0;
    if (ret->pid > 0)
        waitpid(ret->pid, NULL, 0);
    launch_finish(ret);
    return -error;
}

static void pass_on(struct launch *launch, const siginfo_t *info)
{
    if (info->si_signo == SIGTSTP || info->si_signo == SIGTTIN || info->si_signo == SIGTTOU)
        launch->told_to_stop = true;
    if (info->si_signo == SIGCONT)
        launch->told_to_stop = launch->stopped = false;
    if (from_terminal(info))
        return;
    if (info->si_code == SI_QUEUE)
        sigqueue(launch->pid, info->si_signo, info->si_value);
    else
        kill(launch->pid, info->si_signo);
}

/* Looks what SIGCHLD meant. True when the program has ended. */
static bool look_at_child(struct launch *launch, int *ret_status)
{
    int status;
    while (waitpid(launch->pid, &status, WNOHANG | WUNTRACED | WCONTINUED) == launch->pid) {
        launch->stopped = WIFSTOPPED(status);
        if (WIFSTOPPED(status) || WIFCONTINUED(status))
            continue;
        *ret_status = status;
        return true;
    }
    return false;
}

/* Stops with the program, so that the shell gets its terminal back. Only when we were told to:
   whoever stops the program alone would continue it alone. That it has stopped and that we were
   told come in either order: the kernel hands out SIGCHLD first when both are pending. */
static void stop_along(struct launch *launch)
{
    if (!launch->told_to_stop || !launch->stopped)
        return;
    launch->told_to_stop = launch->stopped = false;
    raise(SIGSTOP);
}

int launch_wait(struct launch *launch)
{
    sigset_t set;
    fill_forwarded(&set);
    sigaddset(&set, SIGCHLD);
    int status = 0;
    while (!look_at_child(launch, &status)) {
        siginfo_t info;
        stop_along(launch);
        if (!launch->look) {
            if (sigwaitinfo(&set, &info) > 0 && info.si_signo != SIGCHLD)
                pass_on(launch, &info);
            continue;
        }
        struct timespec until_look = {launch->look_ms / 1000, launch->look_ms % 1000 * 1000000};
        int got = sigtimedwait(&set, &info, &until_look);
        if (got < 0 && errno == EAGAIN)
            launch->look(launch->with);
        if (got > 0 && info.si_signo != SIGCHLD)
            pass_on(launch, &info);
    }
    return status;
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGTERM);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

enum { WATCHED_AT_ONCE = 64 };

/* poll, with looks in between. */
static int poll_and_look(const struct launch *launch, struct pollfd *polled, nfds_t count,
                         int timeout)
{
    if (!launch->look)
        return poll(polled, count, timeout);
    for (;;) {
        bool last = timeout >= 0 && timeout <= launch->look_ms;
        int ready = poll(polled, count, last ? timeout : launch->look_ms);
        if (ready || last)
            return ready;
        timeout -= timeout < 0 ? 0 : launch->look_ms;
        launch->look(launch->with);
    }
}

/* Waits until one of the processes has ended. False when it took timeout milliseconds (-1: any), or
   when a signal came or there is no way to wait, which *ret_told says. */
static bool wait_one(const struct launch *launch, const struct tree *tree, int signals, int timeout,
                     bool *ret_told)
{
    struct pollfd polled[1 + WATCHED_AT_ONCE] = {{.fd = signals, .events = POLLIN}};
    nfds_t count = 1;
    bool ended = false, unable = false;
    for (size_t i = 0; i < tree->count && count <= WATCHED_AT_ONCE; i++) {
        if (tree->processes[i].apart)
            continue;
        int fd = (int)syscall(SYS_pidfd_open, tree->processes[i].pid, 0);
        if (fd >= 0)
            polled[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
        else if (errno == ESRCH)
            ended = true;
        else
            unable = true;
    }
    int ready = ended || unable ? 0 : poll_and_look(launch, polled, count, timeout);
    *ret_told = !ended && (unable || ready < 0 || (ready > 0 && polled[0].revents));
    for (nfds_t i = 1; i < count; i++)
        close(polled[i].fd);
    return ended || (ready > 0 && !*ret_told);
}

static bool any_here(const struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        if (!tree->processes[i].apart)
            return true;
    return false;
}

void launch_wait_tree(struct launch *launch, const struct tree_run *run,
                      void (*notice)(const char *names), struct tree *ret_left)
{
    int signals = open_signals();
    bool told = false, noticed = false;
    for (;;) {
        char names[256];
        tree_find(ret_left, run);
        if (told || !any_here(ret_left))
            break;
        if (!wait_one(launch, ret_left, signals, noticed ? -1 : 1000, &told) && !told && !noticed) {
            noticed = true;
            tree_names(ret_left, false, names, sizeof names);
            if (notice)
                notice(names);
        }
        tree_finish(ret_left);
    }
    close(signals);
}

void launch_finish(struct launch *launch)
{
    /* What came after the program had ended was meant for it: it must not end us now. */
    sigset_t set;
    fill_forwarded(&set);
    while (sigtimedwait(&set, NULL, &(struct timespec){0}) > 0)
        ;
    sigaction(SIGCHLD, &launch->on_child, NULL);
    sigprocmask(SIG_SETMASK, &launch->mask, NULL);
}
