/*
 * What the loader gives back is ordered by its own lock, which nobody sees: names of modules that
 * a callback has looked at, and a thread's variables of a library that was loaded later.
 *
 * // library: variable
 * // build: -ldl
 * // expect: none
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

static gate opened, looked, may_end;
static void *library;
static _Atomic int tid;
static volatile size_t size = 64; /* else the compiler calls no memset */

static int look(struct dl_phdr_info *info, size_t size, void *found)
{
    (void)size;
    *(int *)found += strstr(info->dlpi_name, "libvariable.so") != NULL;
    return 0;
}

static void *reader(void *unused)
{
    int found = 0;
    (void)unused;
    gate_wait(&opened);
    dl_iterate_phdr(look, &found);
    char *variable = ((char *(*)(void))dlsym(library, "variable_here"))();
    memset(variable, 1, size);
    printf("%d\n", found);
    fflush(stdout);
    tid = (int)support_call(SYS_gettid, 0, 0, 0, 0);
    gate_open(&looked);
    gate_wait(&may_end);
    return NULL;
}

static void *idle(void *unused)
{
    return unused;
}

int main(void)
{
    pthread_t thread, next;
    library = dlopen("./libvariable.so", RTLD_NOW);
    if (!library)
        return 1;
    pthread_create(&thread, NULL, reader, NULL);
    pthread_detach(thread);
    gate_open(&opened);
    gate_wait(&looked);
    gate_open(&may_end);
    while (support_state(tid) != 'X')
        support_call(SYS_sched_yield, 0, 0, 0, 0);
    pthread_create(&next, NULL, idle, NULL); /* on the same stack */
    pthread_join(next, NULL);
    dlclose(library);
    return 0;
}
