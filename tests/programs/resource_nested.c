/* Nested owners make one finding: a stream with its buffer, its descriptor and itself; a directory;
a
// thread with its stack; a queue of a library. Loops make one with a count.
// build: -fno-ipa-icf
// expect: handle-leak count=20 handle=stream function=streams role=opened
// expect: handle-leak count=20 handle=directory-stream function=directories role=opened
// expect: thread-leak count=20 function=threads role=created
// expect: fd-leak count=20 handle=epoll function=descriptors role=opened
// expect: memory-leak count=20 indirect=40 function=blocks role=allocated
*/
#include <dirent.h>
#include <pthread.h>
#include <sys/epoll.h>

#include "resource_lose.h"

static void *nothing(void *argument)
{
    return argument;
}

LOSE(streams, FILE *stream = fopen("/dev/zero", "r"); CHECK(stream && fgetc(stream) == 0))
LOSE(directories, CHECK(readdir(opendir("/"))))
LOSE(threads, pthread_t thread; CHECK(pthread_create(&thread, NULL, nothing, NULL) == 0))
LOSE(descriptors, CHECK(epoll_create1(0) >= 0))
LOSE(blocks, void *volatile *outer = malloc(64); CHECK(outer); outer[0] = malloc(32);
     outer[1] = malloc(32); CHECK(outer[0] && outer[1]))

int main(void)
{
    for (volatile int i = 0; i < 20; i++) {
        streams();
        directories();
        threads();
        descriptors();
        blocks();
    }
    forget();
    return 0;
}
