/* Shows what a program inherits: descriptors, signal mask, ignored signals, groups, limits. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

int main(void)
{
    int fds[64], count = 0;
    DIR *folder = opendir("/proc/self/fd");
    struct dirent *entry;
    while (folder && (entry = readdir(folder)) && count < 64)
        if (atoi(entry->d_name) != dirfd(folder) && entry->d_name[0] != '.')
            fds[count++] = atoi(entry->d_name);
    if (folder)
        closedir(folder);
    for (int i = 0; i < count; i++)
        printf("descriptor %d\n", fds[i]);
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigismember(&mask, number) == 1)
            printf("blocked %d\n", number);
        if (!sigaction(number, NULL, &action) && action.sa_handler != SIG_DFL)
            printf("%s %d\n", action.sa_handler == SIG_IGN ? "ignored" : "handled", number);
    }
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("descriptors up to %llu of %llu\n", (unsigned long long)limit.rlim_cur,
           (unsigned long long)limit.rlim_max);
    printf("leads its group: %d, its session: %d\n", getpgrp() == getpid(), getsid(0) == getpid());
    printf("dumpable %d, no new privileges %d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    return 0;
}
