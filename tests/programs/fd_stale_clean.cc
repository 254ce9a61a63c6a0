/* Numbers that come back are closed by their new owners: in loops through one place, handed over to other threads, under
   streams that are closed as such, in sweeps.
// expect: none
*/
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <mutex>
#include <thread>
#include <unistd.h>

static int get(const char *path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        abort();
    return fd;
}

[[gnu::noinline]] static void give_back(int fd)
{
    if (close(fd) != 0)
        abort();
}

static std::mutex mutex;
static int handed = -1;

static void take_over()
{
    for (;;) {
        std::lock_guard<std::mutex> lock(mutex);
        if (handed >= 0) {
            give_back(handed);
            handed = -1;
            return;
        }
    }
}

int main()
{
    for (int i = 0; i < 10; i++) {
        give_back(get("/dev/null"));
        give_back(get("/dev/zero"));
    }
    for (int i = 0; i < 5; i++) {
        std::thread taker(take_over);
        {
            std::lock_guard<std::mutex> lock(mutex);
            handed = get("/dev/null");
        }
        taker.join();
    }
    int fd = get("/dev/null");
    std::thread([fd] { give_back(fd); }).join();
    FILE *stream = fdopen(get("/dev/null"), "r");
    fclose(stream);
    stream = fopen("/dev/null", "r");
    /* A daemon closes all, whatever it is. */
    for (int number = 3; number < 64; number++)
        close(number);
    free(stream);
    return 0;
}
