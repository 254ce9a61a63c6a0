/* A library that is loaded again and again and given back once too often. One that is held for life
// is a note; one that is not there was never loaded.
// library: unloaded_a
// library: unloaded_b
// build: -Wl,-rpath,$ORIGIN
// expect: handle-leak severity=warning count=39 handle=module text=./lib function=again
// expect: double-close severity=error count=1 handle=module function=twice role=here
// expect: double-close count=1 handle=module function=once role=closed
*/
#include <dlfcn.h>

#include "resource_lose.h"

static void *handle;

LOSE(again, CHECK(dlopen("./libunloaded_b.so", RTLD_NOW)))
LOSE(once, CHECK(dlclose(handle) == 0))
LOSE(twice, (void)dlclose(handle); handle = NULL)

int main(void)
{
    for (volatile int i = 0; i < 40; i++)
        again();
    CHECK(dlclose(dlopen("./libunloaded_b.so", RTLD_NOW)) == 0);
    CHECK(dlclose(dlopen("./libunloaded_b.so", RTLD_NOW | RTLD_NOLOAD)) == 0);
    CHECK((handle = dlopen("libunloaded_b.so", RTLD_NOW))); /* found by our own $ORIGIN */
    CHECK(dlclose(handle) == 0 && dlclose(handle) == 0);
    CHECK((handle = dlopen("./libunloaded_a.so", RTLD_NOW)));
    once();
    twice();
    CHECK(!dlopen("./libno_such.so", RTLD_NOW));
    dlerror();
    return 0;
}
