/* A process that ends with its last thread, long after main: what main and the thread lost is
found.
// expect: memory-leak count=1 function=in_main role=allocated
// expect: memory-leak count=1 function=in_thread role=allocated
// expect-process: state=ended status=0 ending=ended_with_its_last_thread
*/
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *volatile sink;
static pthread_t main_thread;

__attribute__((noinline)) static void in_main(void)
{
    sink = malloc(70);
    sink = NULL;
}

__attribute__((noinline)) static void in_thread(void)
{
    sink = malloc(80);
    sink = NULL;
}

__attribute__((noinline)) static void scrub(void)
{
    volatile char area[16384];
    memset((char *)area, 0, sizeof area);
}

static void *run(void *unused)
{
    pthread_join(main_thread, NULL);
    in_thread();
    scrub();
    return unused;
}

int main(void)
{
    pthread_t thread;
    main_thread = pthread_self();
    pthread_create(&thread, NULL, run, NULL);
    pthread_detach(thread);
    in_main();
    scrub();
    pthread_exit(NULL);
}
