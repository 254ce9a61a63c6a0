/* One of each that lives as long as the program, in variables and in blocks that are still held:
// nobody has done anything wrong.
// expect: handle-leak severity=note handle=directory-stream function=main role=opened
// expect: handle-leak severity=note handle=stream function=main role=opened
*/
#include <dirent.h>
#include <glob.h>
#include <iconv.h>
#include <locale.h>
#include <netdb.h>
#include <pthread.h>
#include <regex.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "resource_lose.h"

static struct held {
    DIR *directory;
    FILE *log;
    iconv_t conversion;
    locale_t locale;
    struct addrinfo *addresses;
    regex_t regex;
    glob_t paths;
    pthread_attr_t attributes;
    pthread_key_t key;
    sem_t semaphore;
} * held;

int main(void)
{
    held = malloc(sizeof *held);
    CHECK(held);
    held->directory = opendir("/");
    held->log = fopen("/dev/null", "w");
    held->conversion = iconv_open("UTF-16", "UTF-8");
    held->locale = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
    CHECK(getaddrinfo("127.0.0.1", NULL, &hints, &held->addresses) == 0);
    CHECK(regcomp(&held->regex, "a*", 0) == 0);
    CHECK(glob("/*", 0, NULL, &held->paths) == 0);
    CHECK(pthread_attr_init(&held->attributes) == 0);
    CHECK(pthread_key_create(&held->key, NULL) == 0);
    CHECK(sem_init(&held->semaphore, 0, 0) == 0);
    forget();
    return 0;
}
