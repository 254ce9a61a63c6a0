/* What passes through streams orders, and so does flockfile; a stream closed by who was told that
 * it may, or opened again at the same address, races with nobody.
// expect: none
*/
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support.h"

static char by_pipe[64], by_memory[64], by_lock[64];
static FILE *reader, *writer, *memory, *locked;
static gate written, memory_written;

static void *sender(void *argument)
{
    memset(by_pipe, 1, sizeof by_pipe);
    fprintf(writer, "go\n");
    fflush(writer);
    memset(by_memory, 1, sizeof by_memory);
    fputs("go\n", memory);
    gate_open(&memory_written);
    for (int i = 0; i < 100; i++) {
        flockfile(locked);
        memset(by_lock, i, sizeof by_lock);
        funlockfile(locked);
    }
    return argument;
}

static void *own(void *argument)
{
    for (int i = 0; i < 100; i++) {
        FILE *mine = fopen("/dev/null", "w");
        fputs("x", mine);
        fclose(mine);
    }
    return argument;
}

int main(void)
{
    int ends[2];
    char line[64];
    pthread_t threads[3];
    if (pipe(ends))
        return 1;
    reader = fdopen(ends[0], "r");
    writer = fdopen(ends[1], "w");
    memory = fmemopen(NULL, 64, "w+");
    locked = fopen("/dev/null", "w");
    pthread_create(&threads[0], NULL, sender, NULL);
    fgets(line, sizeof line, reader);
    memset(by_pipe, 2, sizeof by_pipe);
    gate_wait(&memory_written);
    rewind(memory);
    fgets(line, sizeof line, memory);
    memset(by_memory, 2, sizeof by_memory);
    for (int i = 0; i < 100; i++) {
        flockfile(locked);
        memset(by_lock, i, sizeof by_lock);
        funlockfile(locked);
    }
    pthread_create(&threads[1], NULL, own, NULL);
    pthread_create(&threads[2], NULL, own, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    fclose(reader);
    fclose(writer);
    fclose(memory);
    fclose(locked);
    return 0;
}
