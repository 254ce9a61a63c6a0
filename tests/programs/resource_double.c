/* Given back twice: told before libc, which aborts over what it frees again. Each in a child.
// expect: double-close severity=error handle=directory-stream function=close_directory role=here
// expect: double-close severity=error handle=directory-stream function=child role=opened
// expect: double-close severity=error handle=regex function=free_regex role=here
// expect: double-close severity=error handle=addrinfo function=free_addresses role=here
// expect: double-close severity=error handle=iconv function=close_conversion role=here
// expect: double-close severity=error handle=locale function=free_locale role=here
// expect: double-close severity=error handle=timer function=delete_timer role=here
// expect: double-close severity=error handle=key function=delete_key role=here
// expect: double-free function=close_directory
// expect: double-free function=free_regex
// expect: double-free function=free_addresses
// expect: double-free function=close_conversion
// expect: double-free function=free_locale
*/
#include <dirent.h>
#include <iconv.h>
#include <locale.h>
#include <netdb.h>
#include <pthread.h>
#include <regex.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "resource_lose.h"

static DIR *directory;
static regex_t regex;
static struct addrinfo *addresses;
static iconv_t conversion;
static locale_t locale;
static timer_t timer;
static pthread_key_t key;

LOSE(close_directory, closedir(directory))
LOSE(free_regex, regex_t copy = regex; regfree(&copy))
LOSE(free_addresses, freeaddrinfo(addresses))
LOSE(close_conversion, iconv_close(conversion))
LOSE(free_locale, freelocale(locale))
LOSE(delete_timer, timer_delete(timer))
LOSE(delete_key, pthread_key_delete(key))

static void child(int which)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
    struct sigevent none = {.sigev_notify = SIGEV_NONE};
    static void (*const release[])(void) = {close_directory,  free_regex,  free_addresses,
                                            close_conversion, free_locale, delete_timer,
                                            delete_key};
    CHECK((directory = opendir("/")) && regcomp(&regex, "a*", 0) == 0);
    CHECK(getaddrinfo("127.0.0.1", NULL, &hints, &addresses) == 0);
    conversion = iconv_open("UTF-16", "UTF-8");
    CHECK((locale = newlocale(LC_ALL_MASK, "C.UTF-8", NULL)));
    CHECK(timer_create(CLOCK_MONOTONIC, &none, &timer) == 0 && pthread_key_create(&key, NULL) == 0);
    for (volatile int i = 0; i < 2; i++)
        release[which]();
    kill(getpid(), SIGKILL); /* what is left open is not the matter here */
}

int main(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    freopen("/dev/null", "w", stderr); /* libc's complaints */
    for (int i = 0; i < 7; i++) {
        pid_t pid = fork();
        if (pid == 0)
            child(i);
        CHECK(waitpid(pid, NULL, 0) == pid);
    }
    return 0;
}
