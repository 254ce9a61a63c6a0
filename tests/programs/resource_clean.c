/* The same things as in resource_leak.c, given back: by the struct or by a copy of it, appended to,
// used again, through every name that libc has for it.
// expect: none
*/
#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <glob.h>
#include <iconv.h>
#include <ifaddrs.h>
#include <locale.h>
#include <mntent.h>
#include <net/if.h>
#include <netdb.h>
#include <nl_types.h>
#include <regex.h>
#include <search.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include <wordexp.h>

#include "resource_lose.h"

static void directories(void)
{
    DIR *directory = opendir("/usr");
    CHECK(directory && readdir(directory) && closedir(directory) == 0);
    directory = fdopendir(open("/usr", O_RDONLY | O_DIRECTORY));
    CHECK(directory && closedir(directory) == 0);
    struct dirent **entries;
    int count = scandir("/usr", &entries, NULL, alphasort);
    CHECK(count > 0);
    while (count)
        free(entries[--count]);
    free(entries);
    char path[] = "/usr/include/net", *paths[] = {path, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL, NULL);
    while (fts_read(walk))
        ;
    CHECK(fts_close(walk) == 0);
}

static void lists(void)
{
    struct addrinfo *list, hints = {.ai_flags = AI_NUMERICHOST};
    CHECK(getaddrinfo("127.0.0.1", NULL, &hints, &list) == 0);
    freeaddrinfo(list);
    struct ifaddrs *addresses;
    CHECK(getifaddrs(&addresses) == 0);
    freeifaddrs(addresses);
    struct if_nameindex *names = if_nameindex();
    CHECK(names);
    if_freenameindex(names);
}

static void expressions(void)
{
    regex_t regex, copy;
    CHECK(regcomp(&regex, "a[bc]*d", REG_EXTENDED) == 0);
    copy = regex;
    regfree(&copy);
    CHECK(regcomp(&regex, "a[", REG_EXTENDED) != 0); /* failed: nothing to give back */
    glob_t paths;
    CHECK(glob("/usr/*", 0, NULL, &paths) == 0);
    CHECK(glob("/etc/*", GLOB_APPEND, NULL, &paths) == 0);
    CHECK(glob("/bin/*", GLOB_APPEND, NULL, &paths) == 0);
    globfree(&paths);
    CHECK(glob("/no such/*", 0, NULL, &paths) == GLOB_NOMATCH);
    globfree(&paths);
    wordexp_t words;
    CHECK(wordexp("a b c", &words, WRDE_NOCMD) == 0);
    CHECK(wordexp("d e f", &words, WRDE_NOCMD | WRDE_APPEND) == 0);
    CHECK(wordexp("g h i", &words, WRDE_NOCMD | WRDE_REUSE) == 0);
    wordfree(&words);
}

static void locales(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    CHECK(locale);
    locale = newlocale(LC_TIME_MASK, "C", locale);
    CHECK(locale);
    locale_t other = duplocale(locale);
    CHECK(other);
    freelocale(locale);
    freelocale(other);
    CHECK(newlocale(LC_ALL_MASK, "C", NULL)); /* libc's own, the same for all */
    iconv_t conversion = iconv_open("UTF-16", "UTF-8");
    CHECK(conversion != (iconv_t)-1 && iconv_close(conversion) == 0);
    CHECK(catopen("no_such_catalogue", 0) == (nl_catd)-1);
}

static void attributes(void)
{
    pthread_attr_t thread;
    pthread_mutexattr_t mutex;
    pthread_condattr_t condition;
    pthread_rwlockattr_t rwlock;
    posix_spawnattr_t spawn;
    posix_spawn_file_actions_t actions;
    pthread_key_t key;
    CHECK(!pthread_attr_init(&thread) && !pthread_attr_destroy(&thread));
    CHECK(!pthread_mutexattr_init(&mutex) && !pthread_mutexattr_destroy(&mutex));
    CHECK(!pthread_condattr_init(&condition) && !pthread_condattr_destroy(&condition));
    CHECK(!pthread_rwlockattr_init(&rwlock) && !pthread_rwlockattr_destroy(&rwlock));
    CHECK(!posix_spawnattr_init(&spawn) && !posix_spawnattr_destroy(&spawn));
    CHECK(!posix_spawn_file_actions_init(&actions) && !posix_spawn_file_actions_destroy(&actions));
    CHECK(!pthread_key_create(&key, NULL) && !pthread_key_delete(key));
}

static void others(void)
{
    struct sigevent none = {.sigev_notify = SIGEV_NONE};
    timer_t timer;
    CHECK(timer_create(CLOCK_MONOTONIC, &none, &timer) == 0 && timer_delete(timer) == 0);
    struct hsearch_data table;
    memset(&table, 0, sizeof table);
    CHECK(hcreate_r(100, &table));
    hdestroy_r(&table);
    FILE *mounts = setmntent("/dev/null", "r");
    CHECK(mounts && endmntent(mounts) == 1);
}

int main(void)
{
    for (int i = 0; i < 40; i++) {
        directories();
        lists();
        expressions();
        locales();
        attributes();
        others();
    }
    return 0;
}
