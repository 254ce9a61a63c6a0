/* Streams that are closed, or opened anew, while another thread uses them; and uses of one
 * stream by two threads, which are none.
// expect: handle-race function=print role=earlier
// expect: handle-race function=close_it role=here
// expect: handle-race function=reopen role=closed
// expect: handle-race top=print_again role=here
*/
#include <pthread.h>
#include <stdio.h>

#include "support.h"

static FILE *stream, *other, *both;
static gate printed, reopened;

#define APART(name, call)                                                                          \
    __attribute__((noinline)) static void name(void)                                               \
    {                                                                                              \
        call;                                                                                      \
        __asm__ volatile("");                                                                      \
    }
APART(print, fprintf(stream, "%d\n", 1))
APART(close_it, fclose(stream))
APART(reopen, other = freopen("/dev/null", "w", other))
APART(print_again, fputs("x", other))

static void *user(void *argument)
{
    print();
    fputs("1", both);
    gate_open(&printed);
    gate_wait(&reopened);
    print_again();
    return argument;
}

int main(void)
{
    pthread_t thread;
    stream = fopen("/dev/null", "w");
    other = fopen("/dev/null", "w");
    both = fopen("/dev/null", "w");
    pthread_create(&thread, NULL, user, NULL);
    gate_wait(&printed);
    fputs("2", both);
    close_it();
    reopen();
    gate_open(&reopened);
    pthread_join(thread, NULL);
    fclose(other);
    fclose(both);
    return 0;
}
