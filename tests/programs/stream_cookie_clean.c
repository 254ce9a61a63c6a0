/* Two threads print to a stream of the program's own making and read from another: libc calls its
   functions under the stream's lock, which is all that orders what they do.
// build: -fno-builtin
// expect: none
// expect-stdout: 400 bytes written, 400 read
*/
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

struct sink {
    char bytes[1024];
    size_t used;
};
static FILE *out, *in;
static gate first_done;
static size_t got[2];

static ssize_t take(void *with, const char *from, size_t size)
{
    struct sink *sink = with;
    memcpy(sink->bytes + sink->used % 512, from, size);
    memcpy(&sink->used, &(size_t){sink->used + size}, sizeof sink->used);
    return (ssize_t)size;
}

static ssize_t give(void *with, char *to, size_t size)
{
    struct sink *sink = with;
    size_t part = size < 8 ? size : 8;
    memset(to, 'x', part);
    memcpy(&sink->used, &(size_t){sink->used + part}, sizeof sink->used);
    return (ssize_t)part;
}

static int end(void *with)
{
    memset(with, 0, sizeof(struct sink));
    free(with);
    return 0;
}

static void use(size_t *ret_got)
{
    char bytes[8];
    for (int i = 0; i < 25; i++) {
        fprintf(out, "%8d", i);
        fflush(out);
        *ret_got += fread(bytes, 1, 8, in);
    }
}

static void *first(void *unused)
{
    use(&got[0]);
    gate_open(&first_done);
    return unused;
}

static void *second(void *unused)
{
    gate_wait(&first_done);
    use(&got[1]);
    return unused;
}

int main(void)
{
    struct sink *sink = calloc(1, sizeof *sink), *source = calloc(1, sizeof *source);
    pthread_t threads[2];
    out = fopencookie(sink, "w", (cookie_io_functions_t){.write = take, .close = end});
    in = fopencookie(source, "r", (cookie_io_functions_t){.read = give, .close = end});
    pthread_create(&threads[0], NULL, first, NULL);
    pthread_create(&threads[1], NULL, second, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    printf("%zu bytes written, %zu read\n", sink->used, got[0] + got[1]);
    fclose(out);
    fclose(in);
    return 0;
}
