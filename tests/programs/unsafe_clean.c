/* The same functions under a lock, handed on by join, on objects of one's own, or reading only.
// expect: none
*/
#include <dirent.h>
#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gate first_done;

static void use_all(void)
{
    char text[] = "a b";
    time_t moment = 0;
    pthread_mutex_lock(&lock);
    strtok(text, " ");
    localtime(&moment);
    getpwuid(0);
    drand48();
    setenv("HOLDFAST_TEST_NAME", "1", 1);
    getenv("HOLDFAST_TEST_NAME");
    pthread_mutex_unlock(&lock);
}

static void own(void)
{
    char text[] = "a b", *rest, name[64];
    time_t moment = 0;
    struct tm parts;
    DIR *directory = opendir("/");
    readdir(directory);
    closedir(directory);
    strtok_r(text, " ", &rest);
    localtime_r(&moment, &parts);
    strerror(1);
    rand();
    strerror_r(2, name, sizeof name);
}

static void *first(void *argument)
{
    use_all();
    own();
    gate_open(&first_done);
    return argument;
}

static void *second(void *argument)
{
    gate_wait(&first_done);
    own();
    use_all();
    return argument;
}

static void *reader(void *argument)
{
    getenv("HOME");
    getenv("PATH");
    return argument;
}

int main(void)
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, first, NULL);
    pthread_create(&threads[1], NULL, second, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    use_all();
    clearenv();
    pthread_create(&threads[0], NULL, reader, NULL);
    pthread_create(&threads[1], NULL, reader, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    setenv("HOME", "/", 1);
    return 0;
}
