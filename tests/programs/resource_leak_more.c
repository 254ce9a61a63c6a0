/* More of what libc makes by a call and takes back by another, lost.
// needs: gencat
// options: --follow-children=off
// expect: handle-leak severity=warning count=40 handle=module function=by_dlmopen role=opened
// expect: handle-leak severity=warning count=1 handle=catalogue function=by_catopen role=opened
// expect: handle-leak severity=warning count=1 handle=stream function=by_open_memstream role=opened
// expect: handle-leak severity=warning count=1 handle=stream function=by_tmpfile64 role=opened
// expect: handle-leak severity=warning count=1 handle=stream function=by_open_wmemstream
role=opened
// expect: handle-leak severity=warning count=1 handle=spawn-actions function=by_file_actions
// expect: handle-leak severity=warning count=40 handle=spawn-attributes function=by_spawnattr
// expect: handle-leak severity=warning handle=mutex-attributes function=by_mutexattr
// expect: handle-leak severity=warning handle=condition-attributes function=by_condattr
// expect: handle-leak severity=warning handle=rwlock-attributes function=by_rwlockattr
// expect: handle-leak severity=warning handle=barrier-attributes function=by_barrierattr
// expect: memory-leak count=1 function=by_scandir role=allocated
// expect: memory-leak count=1 function=by_getline role=allocated
// expect: memory-leak count=1 function=by_asprintf role=allocated
// library: unloaded_b
*/
#include <dirent.h>
#include <dlfcn.h>
#include <nl_types.h>
#include <pthread.h>
#include <spawn.h>
#include <string.h>
#include <wchar.h>

#include "resource_lose.h"

static char *text;
static wchar_t *wide_text;
static size_t size;

LOSE(by_dlmopen, CHECK(dlmopen(LM_ID_BASE, "./libunloaded_b.so", RTLD_NOW)))
LOSE(by_catopen, CHECK(catopen("./messages.cat", 0) != (nl_catd)-1))
LOSE(by_open_memstream, CHECK(open_memstream(&text, &size)))
LOSE(by_open_wmemstream, CHECK(open_wmemstream(&wide_text, &size)))
LOSE(by_tmpfile64, CHECK(tmpfile64()))
LOSE(by_file_actions, posix_spawn_file_actions_t actions;
     CHECK(!posix_spawn_file_actions_init(&actions)))
LOSE(by_spawnattr, posix_spawnattr_t attributes; CHECK(!posix_spawnattr_init(&attributes)))
LOSE(by_mutexattr, pthread_mutexattr_t attributes; CHECK(!pthread_mutexattr_init(&attributes)))
LOSE(by_condattr, pthread_condattr_t attributes; CHECK(!pthread_condattr_init(&attributes)))
LOSE(by_rwlockattr, pthread_rwlockattr_t attributes; CHECK(!pthread_rwlockattr_init(&attributes)))
LOSE(by_barrierattr, pthread_barrierattr_t attributes;
     CHECK(!pthread_barrierattr_init(&attributes)))
LOSE(by_scandir, struct dirent **entries; int count = scandir("/", &entries, NULL, alphasort);
     CHECK(count > 0); while (count--) free(entries[count]))
LOSE(by_getline, char *line = NULL; size_t room = 0; FILE *file = fopen("/proc/self/status", "r");
     CHECK(file && getline(&line, &room, file) > 0 && fclose(file) == 0))
LOSE(by_asprintf, char *line; CHECK(asprintf(&line, "%2000d", 7) == 2000))

int main(void)
{
    CHECK(system("printf '$set 1\\n1 hello\\n' | gencat messages.cat -") == 0);
    for (volatile int i = 0; i < 40; i++) {
        by_dlmopen();
        by_spawnattr();
        by_mutexattr();
        by_condattr();
        by_rwlockattr();
        by_barrierattr();
    }
    by_catopen();
    by_open_memstream();
    by_open_wmemstream();
    by_tmpfile64();
    by_file_actions();
    by_scandir();
    by_getline();
    by_asprintf();
    text = NULL;
    wide_text = NULL;
    forget();
    return 0;
}
