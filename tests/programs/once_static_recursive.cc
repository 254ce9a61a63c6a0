/* The initialiser of a static variable needs that variable: told before it hangs.
// status: 143
// signal: TERM
// expect: once-misuse severity=error role=here function=needed text=static_variable
*/
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

static std::atomic<int> tid;

int needed();

struct object {
    int value;
    explicit object(int deep) : value(deep ? needed() : 1)
    {
    }
};

static volatile int deep = 1;

__attribute__((noinline)) int needed()
{
    tid = (int)syscall(SYS_gettid);
    static object it(deep);
    return it.value;
}

/* By the state in /proc: the other thread sleeps for good. */
static void *watcher(void *argument)
{
    char path[64], state = 'R';
    while (!tid)
        ;
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
    for (int seen = 0; seen < 3; seen = state == 'S' ? seen + 1 : 0) {
        FILE *stat = fopen(path, "r");
        if (!stat || fscanf(stat, "%*d %*s %c", &state) != 1)
            return argument;
        fclose(stat);
    }
    puts("ready");
    fflush(stdout);
    pause();
    return argument;
}

int main()
{
    pthread_t thread;
    pthread_create(&thread, nullptr, watcher, nullptr);
    pthread_detach(thread);
    return needed();
}
