/* What the functions of a stream write, read by a thread that does not use the stream.
// build: -fno-builtin -w
// expect: data-race role=earlier function=take call=memcpy
// expect: data-race role=here top=print_second call=strlen
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pairs.h"

static char bytes[64];
static FILE *out;

static ssize_t take(void *with, const char *from, size_t size)
{
    memcpy(with, from, size);
    return (ssize_t)size;
}

static void print(void)
{
    fputs("text", out);
    fflush(out);
}

PAIR(print, print(), KEEP(strlen(bytes)))

int main(void)
{
    out = fopencookie(bytes, "w", (cookie_io_functions_t){.write = take});
    RUN_PAIRS(&print_pair);
    fclose(out);
    return 0;
}
