/* What realloc may not be given, and what must not be used after it; each in a child, which libc
   ends. One that realloc refused to grow is still the program's.
// build: -fno-ipa-icf -Wno-free-nonheap-object -Wno-use-after-free
// expect: double-free severity=error function=of_freed role=here
// expect: double-free severity=error function=after_zero role=here
// expect: double-free severity=error function=after_move role=here
// expect: bad-free severity=error function=of_inside role=here
// expect: bad-free severity=error function=of_global role=here
// expect: bad-free severity=error function=of_stack role=here
// expect: memory-leak count=1 bytes=48 function=of_refused role=allocated
*/
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resource_lose.h"

static char global[64];
static char *volatile block, *volatile other;
static volatile size_t huge = SIZE_MAX / 2;

LOSE(of_freed, block = malloc(48); free(block); other = realloc(block, 100))
LOSE(after_zero, block = malloc(48); other = realloc(block, 0); free(block))
LOSE(after_move, block = malloc(48); char *volatile wall = malloc(48);
     other = realloc(block, 100000); free(block); free(wall))
LOSE(of_inside, block = malloc(48); other = realloc(block + 8, 100))
LOSE(of_global, block = global + 16; other = realloc(block, 100))
LOSE(of_stack, char local[64]; block = local + 16; other = realloc(block, 100))
LOSE(of_refused, block = malloc(48); other = realloc(block, huge); CHECK(!other); block = NULL)

int main(void)
{
    static void (*const wrong[])(void) = {of_freed,  after_zero, after_move,
                                          of_inside, of_global,  of_stack};
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    CHECK(freopen("/dev/null", "w", stderr)); /* libc's complaints */
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            wrong[i]();
            kill(getpid(), SIGKILL); /* where libc lets it pass */
        }
        CHECK(waitpid(pid, NULL, 0) == pid);
    }
    of_refused();
    forget();
    return 0;
}
