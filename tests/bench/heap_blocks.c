/* A heap of BLOCKS live blocks (about 270 bytes each on average) in one list, with LEAKS of them
   dropped. usage: heap_blocks BLOCKS LEAKS [FORKS] Prints "rss KIB" and, with FORKS, "fork US":
   mean time of fork + _exit in the child + wait. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct node {
    struct node *next;
    char rest[];
};
static struct node *head;

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static long resident_kib(void)
{
    long size = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm && fscanf(statm, "%ld %ld", &size, &resident) != 2)
        resident = 0;
    if (statm)
        fclose(statm);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv)
{
    long blocks = argc > 1 ? atol(argv[1]) : 1000000, leaks = argc > 2 ? atol(argv[2]) : 0;
    int forks = argc > 3 ? atoi(argv[3]) : 0;
    unsigned long random = 1;
    for (long i = 0; i < blocks + leaks; i++) {
        random = random * 6364136223846793005ul + 1442695040888963407ul;
        size_t size = 24 + (random >> 40 & 511);
        struct node *node = malloc(size);
        memset(node, 0, size);
        if (i < leaks)
            continue;
        node->next = head;
        head = node;
    }
    printf("rss %ld\n", resident_kib());
    double from = now_us();
    for (int i = 0; i < forks; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        waitpid(child, NULL, 0);
    }
    if (forks)
        printf("fork %.1f\n", (now_us() - from) / forks);
    return 0;
}
