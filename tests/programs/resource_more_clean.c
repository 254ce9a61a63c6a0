/* The same things as in resource_leak_more.c, given back.
// needs: gencat
// options: --follow-children=off
// library: unloaded_b
// expect: none
*/
#include <dirent.h>
#include <dlfcn.h>
#include <nl_types.h>
#include <pthread.h>
#include <spawn.h>
#include <string.h>
#include <wchar.h>

#include "resource_lose.h"

static void streams(void)
{
    char *text;
    wchar_t *wide_text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    CHECK(stream && fputs("text", stream) >= 0 && fclose(stream) == 0 && !strcmp(text, "text"));
    free(text);
    stream = open_wmemstream(&wide_text, &size);
    CHECK(stream && fclose(stream) == 0);
    free(wide_text);
    stream = tmpfile64();
    CHECK(stream && fclose(stream) == 0);
}

static void attributes(void)
{
    posix_spawn_file_actions_t actions;
    CHECK(!posix_spawn_file_actions_init(&actions) &&
          !posix_spawn_file_actions_addclose(&actions, 9) &&
          !posix_spawn_file_actions_destroy(&actions));
    pthread_rwlockattr_t rwlock;
    CHECK(!pthread_rwlockattr_init(&rwlock) && !pthread_rwlockattr_destroy(&rwlock));
    pthread_barrierattr_t barrier;
    CHECK(!pthread_barrierattr_init(&barrier) && !pthread_barrierattr_destroy(&barrier));
}

static void results(void)
{
    struct dirent **entries;
    int count = scandir("/", &entries, NULL, alphasort);
    CHECK(count > 0);
    while (count--)
        free(entries[count]);
    free(entries);
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen("/proc/self/status", "r");
    CHECK(file && getline(&line, &room, file) > 0 && fclose(file) == 0);
    free(line);
}

int main(void)
{
    CHECK(system("printf '$set 1\\n1 hello\\n' | gencat messages.cat -") == 0);
    for (volatile int i = 0; i < 40; i++) {
        void *library = dlmopen(LM_ID_BASE, "./libunloaded_b.so", RTLD_NOW);
        CHECK(library && dlclose(library) == 0);
        nl_catd catalogue = catopen("./messages.cat", 0);
        CHECK(catalogue != (nl_catd)-1 && !strcmp(catgets(catalogue, 1, 1, ""), "hello"));
        CHECK(catclose(catalogue) == 0);
        streams();
        attributes();
        results();
    }
    forget();
    return 0;
}
