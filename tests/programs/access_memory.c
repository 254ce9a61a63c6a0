/* Functions on bytes, unordered: each pair is told with both callers.
// build: -fno-builtin -w
// expect: data-race function=copy_first role=earlier
// expect: data-race top=copy_second role=here
// expect: data-race function=move_first role=earlier
// expect: data-race top=move_second role=here
// expect: data-race function=past_first role=earlier
// expect: data-race top=past_second role=here
// expect: data-race function=set_first role=earlier
// expect: data-race top=set_second role=here
// expect: data-race function=zero_first role=earlier
// expect: data-race top=zero_second role=here
// expect: data-race function=wipe_first role=earlier
// expect: data-race top=wipe_second role=here
// expect: data-race function=bytes_first role=earlier
// expect: data-race top=bytes_second role=here
// expect: data-race function=swap_first role=earlier
// expect: data-race top=swap_second role=here
// expect: data-race function=part_first role=earlier
// expect: data-race top=part_second role=here
// expect: data-race function=equal_first role=earlier
// expect: data-race top=equal_second role=here
// expect: data-race function=raw_first role=earlier
// expect: data-race top=raw_second role=here
*/
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "pairs.h"

static char own1[64], own2[64];
static char a1[64];
static char a2[64];
static char a3[64];
static char a4[64];
static char a5[64];
static char a6[64];
static char a7[64];
static char a8[64];
static char a9[64];
static char b1[64];
static char b2[64];

PAIR(copy, memcpy(a1, own1, 16), memcpy(own2, a1, 16))
PAIR(move, memmove(a2 + 1, a2, 8), memmove(own2, a2 + 4, 1))
PAIR(past, mempcpy(own1, a3, 8), mempcpy(a3 + 7, own2, 8))
PAIR(set, memset(a4, 1, 8), KEEP(memcmp(a4 + 7, own2 + 8, 2)))
PAIR(zero, bzero(a5, 8), KEEP(memchr(a5, 1, 8)))
PAIR(wipe, explicit_bzero(a6, 8), KEEP(memrchr(a6, 1, 8)))
PAIR(bytes, memccpy(own1, a7, 3, 8), memset(a7, 0, 1))
PAIR(swap, swab(own1, a8, 8), swab(a8, own2, 4))
PAIR(part, KEEP(memmem(a9, 8, "xy", 2)), bcopy(own2, a9 + 3, 1))
PAIR(equal, KEEP(bcmp(b1, own1, 8)), memset(b1 + 7, 0, 1))
PAIR(raw, KEEP(rawmemchr(b2, 0)), memset(b2, 0, 1))

int main(void)
{
    RUN_PAIRS(&copy_pair, &move_pair, &past_pair, &set_pair, &zero_pair, &wipe_pair, &bytes_pair,
              &swap_pair, &part_pair, &equal_pair, &raw_pair);
    return 0;
}
