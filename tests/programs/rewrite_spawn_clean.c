/*
 * What a spawned child inherits of its parent's mask are the signals that the program has blocked,
 * those too that rewriting keeps for itself; what attributes say goes before that.
 *
 * // options: --races=full
 * // expect: none
 */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define CHECK(condition)                                                                           \
    do                                                                                             \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%d: %s\n", __LINE__, #condition);                                     \
            return 1;                                                                              \
        }                                                                                          \
    while (0)

static void *nothing(void *argument)
{
    return argument;
}

/* In the child: its mask is what the argument says, one letter for each signal. */
static int is_mask(const char *expected)
{
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    return sigismember(&mask, SIGSEGV) == (strchr(expected, 's') != NULL) &&
           sigismember(&mask, SIGTRAP) == (strchr(expected, 't') != NULL) &&
           sigismember(&mask, SIGILL) == (strchr(expected, 'i') != NULL) &&
           sigismember(&mask, SIGUSR1) == (strchr(expected, 'u') != NULL);
}

static int has_mask(const posix_spawnattr_t *attributes, const char *expected)
{
    char *words[] = {"child", (char *)expected, NULL};
    int status = -1;
    pid_t pid;
    return posix_spawn(&pid, "/proc/self/exe", NULL, attributes, words, environ) == 0 &&
           waitpid(pid, &status, 0) == pid && status == 0;
}

int main(int argc, char **argv)
{
    if (strcmp(argv[0], "child") == 0)
        return !is_mask(argv[1]);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0);
    sigset_t set, other;
    sigemptyset(&set);
    sigemptyset(&other);
    CHECK(has_mask(NULL, "-"));
    sigaddset(&set, SIGSEGV);
    sigaddset(&set, SIGTRAP);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    CHECK(has_mask(NULL, "stu"));
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    CHECK(has_mask(&attributes, "stu"));
    sigaddset(&other, SIGILL);
    posix_spawnattr_setsigmask(&attributes, &other);
    CHECK(has_mask(&attributes, "stu")); /* not without the flag */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    CHECK(has_mask(&attributes, "i"));
    posix_spawnattr_destroy(&attributes);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    CHECK(has_mask(NULL, "-"));
    return 0;
}
