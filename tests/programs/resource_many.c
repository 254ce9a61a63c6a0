/* Attributes, keys and semaphores that are never destroyed: without effect in glibc, so one says
// nothing; a place that loses one after the other is told.
// expect: handle-leak severity=warning count=100 handle=thread-attributes function=attributes
// expect: handle-leak severity=warning count=300 handle=key function=make_key role=opened
// expect: handle-leak severity=warning count=100 handle=semaphore function=semaphore role=opened
*/
#include <pthread.h>
#include <semaphore.h>

#include "resource_lose.h"

LOSE(attributes, pthread_attr_t attributes; CHECK(pthread_attr_init(&attributes) == 0))
LOSE(semaphore, sem_t *made = malloc(sizeof *made); CHECK(made && sem_init(made, 0, 1) == 0);
     free(made))
LOSE(make_key, pthread_key_t key; CHECK(pthread_key_create(&key, NULL) == 0))
LOSE(few, pthread_mutexattr_t attributes; CHECK(pthread_mutexattr_init(&attributes) == 0))

int main(void)
{
    for (volatile int i = 0; i < 100; i++) {
        attributes();
        semaphore();
    }
    for (volatile int i = 0; i < 300; i++)
        make_key();
    for (volatile int i = 0; i < 20; i++)
        few();
    forget();
    return 0;
}
