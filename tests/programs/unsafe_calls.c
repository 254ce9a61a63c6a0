/* Two threads, unordered, call functions that keep their result in one place: each pair is told,
 * with both callers.
// expect: unsafe-libc-call severity=warning function=cut_first role=earlier
text=the_string_that_strtok_is_working_on
// expect: unsafe-libc-call top=cut_second role=here text=strtok_changes
// expect: unsafe-libc-call function=time_first role=earlier
// expect: unsafe-libc-call top=time_second role=here text=gmtime_changes
// expect: unsafe-libc-call function=user_first role=earlier
// expect: unsafe-libc-call top=user_second role=here text=getpwuid
// expect: unsafe-libc-call function=random_first role=earlier
// expect: unsafe-libc-call top=random_second role=here text=lrand48_changes
// expect: unsafe-libc-call function=set_first role=earlier
text=getenv_reads_the_environment,_which_setenv_changes
// expect: unsafe-libc-call top=get_second role=here
// expect: unsafe-libc-call function=entry_first role=earlier text=the_entry_that_readdir_returned
// expect: unsafe-libc-call top=entry_second role=here
*/
#include <dirent.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support.h"

static gate first_done;
static DIR *directory;
static time_t moment;

#define APART(name, call)                                                                          \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        call;                                                                                      \
        __asm__ volatile("");                                                                      \
    }

static char text_a[] = "a b", text_b[] = "c d";
APART(cut_first, strtok(text_a, " "))
APART(cut_second, strtok(text_b, " "))
APART(time_first, localtime(&moment))
APART(time_second, gmtime(&moment))
APART(user_first, getpwuid(0))
APART(user_second, getpwuid(1))
APART(random_first, drand48())
APART(random_second, lrand48())
APART(set_first, setenv("HOLDFAST_TEST_NAME", "1", 1))
APART(get_second, getenv("HOLDFAST_TEST_NAME"))
APART(entry_first, readdir(directory))
APART(entry_second, readdir64(directory))

static void *first(void *argument)
{
    cut_first();
    time_first();
    user_first();
    random_first();
    set_first();
    entry_first();
    gate_open(&first_done);
    return argument;
}

static void *second(void *argument)
{
    gate_wait(&first_done);
    cut_second();
    time_second();
    user_second();
    random_second();
    get_second();
    entry_second();
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    directory = opendir("/");
    pthread_create(&threads[0], NULL, first, NULL);
    pthread_create(&threads[1], NULL, second, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    closedir(directory);
    return 0;
}
