/* What is called by name, through a pointer, by a jump, and now one function and now another at one
   place.
// build: -fno-builtin -w
// expect: data-race role=earlier function=named_first call=memcpy
// expect: data-race role=here top=named_second call=strlen
// expect: data-race role=earlier function=pointer_first call=memset
// expect: data-race role=here top=pointer_second call=mempcpy
// expect: data-race role=earlier function=several_first call=none
// expect: data-race role=here top=several_second call=strlen
// expect: data-race role=earlier function=message_first call=readv
// expect: data-race role=here top=message_second call=snprintf
*/
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "pairs.h"

static char a[64], b[64], c[64], d[64], text[64] = "text", own[64], more[64];
static int zero;
static struct iovec part = {d, 64};
typedef void *(*copier)(void *, const void *, size_t);
static void *(*volatile setter)(void *, int, size_t) = memset;
static volatile copier copy = mempcpy;

__attribute__((noinline)) static void copy_by(copier by, char *to)
{
    by(to, text, 8);
    __asm__ volatile("" ::: "memory");
}

static void copy_both(void)
{
    copy_by(memcpy, c);
    copy_by(memmove, c + 32);
}

PAIR(named, memcpy(a, text, 8), KEEP(strlen(a)))
PAIR(pointer, setter(b, 1, 8), copy(own, b, 8))
PAIR(several, copy_both(), KEEP(strlen(c)))
PAIR(message, readv(zero, &part, 1), snprintf(more, 64, "%.8s", d))

int main(void)
{
    zero = open("/dev/zero", O_RDONLY);
    RUN_PAIRS(&named_pair, &pointer_pair, &several_pair, &message_pair);
    close(zero);
    return 0;
}
