/* Neighbours: what libc does not read or write races with nobody.
// build: -fno-builtin -w
// expect: none
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "pairs.h"

static char own1[64], own2[64];
static char a1[64];
static char a5[64];
static char a6[64];
static char b4[64];
static char c1[64];
static char a2[64] = "........\5", a3[64] = "........\5", a4[64] = "........\5";
static char a7[64] = "aabaa", a8[64] = "aaaaa", a9[64] = "aaaaa", b1[64] = "aaabaa", b2[64] = "aaa",
            b3[64];
static char b5[64] = "text", b6[64] = "text", b7[64], b8[64] = "123,5", c2[64] = "aabaa",
            c3[64] = "aaabaa";
PAIR(copy, memcpy(a1, own1, 16), memcpy(own2, a1 + 16, 16))
PAIR(found, KEEP(memchr(a2, 5, 16)), memset(a2 + 9, 1, 7))
PAIR(last, KEEP(memrchr(a3, 5, 16)), memset(a3, 1, 8))
PAIR(until, memccpy(own1, a4, 5, 16), memset(a4 + 9, 1, 7))
PAIR(odd, swab(own1, a5, 7), memset(a5 + 6, 0, 1))
PAIR(nothing, memcpy(a6, own1, 0), memset(a6, 0, 8))
PAIR(compared, KEEP(strcmp(a7, "aax")), memset(a7 + 3, 1, 8))
PAIR(prefix, KEEP(strncmp(a8, "aaaa", 2)), memset(a8 + 2, 1, 8))
PAIR(limit, KEEP(strnlen(a9, 3)), memset(a9 + 3, 1, 8))
PAIR(character, KEEP(strchr(b1, 98)), memset(b1 + 4, 0, 8))
PAIR(append, strcat(b2, "b"), memset(b2 + 5, 0, 8))
PAIR(appended, strncat(b3, b4, 2), memset(b4 + 2, 0, 8))
PAIR(both_read, KEEP(strlen(b5)), KEEP(strlen(b5)))
PAIR(precision, snprintf(own1, 60, "%.2s", b6), memset(b6 + 2, 0, 4))
PAIR(cut, snprintf(b7, 3, "%s", "longer"), memset(b7 + 3, 0, 4))
PAIR(digits, KEEP(strtol(b8, 0, 10)), memset(b8 + 4, 0, 4))
PAIR(scan, sscanf("1 x", "%d %d", c1, c1 + 4), memset(c1 + 4, 0, 4))
PAIR(same_case, KEEP(strcasecmp(c2, "AAx")), memset(c2 + 3, 0, 4))
PAIR(part, KEEP(strstr(c3, "b")), memset(c3 + 4, 0, 4))

int main(void)
{
    RUN_PAIRS(&copy_pair, &found_pair, &last_pair, &until_pair, &odd_pair, &nothing_pair,
              &compared_pair, &prefix_pair, &limit_pair, &character_pair, &append_pair,
              &appended_pair, &both_read_pair, &precision_pair, &cut_pair, &digits_pair, &scan_pair,
              &same_case_pair, &part_pair);
    return 0;
}
