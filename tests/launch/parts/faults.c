/* faults leak|misuse|both|descriptor|none|wait STATUS: does the fault, then exits with STATUS;
   `wait` leaks, says ready and waits for a signal. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *volatile kept;

__attribute__((noinline)) static void leak(void)
{
    kept = malloc(100);
    kept = NULL;
}

__attribute__((noinline)) static void misuse(void)
{
    int fd = open("/dev/null", O_RDONLY);
    close(fd);
    close(fd);
}

/* So that no copy of the leaked pointer stays on the stack. */
__attribute__((noinline)) static void wipe(void)
{
    volatile char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = 0;
}

int main(int argc, char **argv)
{
    const char *fault = argc > 1 ? argv[1] : "none";
    if (!strcmp(fault, "leak") || !strcmp(fault, "both") || !strcmp(fault, "wait"))
        leak();
    wipe();
    if (!strcmp(fault, "misuse") || !strcmp(fault, "both"))
        misuse();
    if (!strcmp(fault, "descriptor") && open("/dev/null", O_RDONLY) < 0)
        return 1;
    puts("ready");
    fputs("to standard error\n", stderr);
    fflush(stdout);
    if (!strcmp(fault, "wait"))
        pause();
    return argc > 2 ? atoi(argv[2]) : 0;
}
