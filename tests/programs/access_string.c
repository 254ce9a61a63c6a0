/* Functions on strings, unordered.
// build: -fno-builtin -w
// expect: data-race function=length_first role=earlier
// expect: data-race top=length_second role=here
// expect: data-race function=copy_first role=earlier
// expect: data-race top=copy_second role=here
// expect: data-race function=end_first role=earlier
// expect: data-race top=end_second role=here
// expect: data-race function=most_first role=earlier
// expect: data-race top=most_second role=here
// expect: data-race function=append_first role=earlier
// expect: data-race top=append_second role=here
// expect: data-race function=appended_first role=earlier
// expect: data-race top=appended_second role=here
// expect: data-race function=compare_first role=earlier
// expect: data-race top=compare_second role=here
// expect: data-race function=limited_first role=earlier
// expect: data-race top=limited_second role=here
// expect: data-race function=no_case_first role=earlier
// expect: data-race top=no_case_second role=here
// expect: data-race function=find_first role=earlier
// expect: data-race top=find_second role=here
// expect: data-race function=last_first role=earlier
// expect: data-race top=last_second role=here
// expect: data-race function=part_first role=earlier
// expect: data-race top=part_second role=here
// expect: data-race function=span_first role=earlier
// expect: data-race top=span_second role=here
// expect: data-race function=reject_first role=earlier
// expect: data-race top=reject_second role=here
// expect: data-race function=any_first role=earlier
// expect: data-race top=any_second role=here
// expect: data-race function=twice_first role=earlier
// expect: data-race top=twice_second role=here
// expect: data-race function=word_first role=earlier
// expect: data-race top=word_second role=here
// expect: data-race function=piece_first role=earlier
// expect: data-race top=piece_second role=here
// expect: data-race function=order_first role=earlier
// expect: data-race top=order_second role=here
// expect: data-race function=error_first role=earlier
// expect: data-race top=error_second role=here
*/
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pairs.h"

static char own1[64];
static char a1[64] = "text";
static char a2[64] = "text";
static char a3[64] = "text";
static char a4[64] = "text";
static char a5[64] = "text";
static char a6[64] = "text";
static char a7[64] = "text";
static char a8[64] = "text";
static char a9[64] = "text";
static char b1[64] = "text";
static char b2[64] = "text";
static char b3[64] = "text";
static char b4[64] = "text";
static char b5[64] = "text";
static char b6[64] = "text";
static char b7[64] = "text";
static char b9[64] = "text";
static char c1[64] = "text";
static char b8[64] = "a b", words[64] = "a b c", *cut = words, *rest;
PAIR(length, KEEP(strlen(a1)), memset(a1 + 4, 0, 1))
PAIR(copy, strcpy(a2, "text"), KEEP(strlen(a2)))
PAIR(end, stpcpy(own1, a3), memset(a3 + 4, 0, 1))
PAIR(most, strncpy(a4, "x", 16), memset(a4 + 15, 0, 1))
PAIR(append, strcat(a5, "b"), memset(a5 + 5, 0, 1))
PAIR(appended, strncat(own1, a6, 3), memset(a6 + 2, 1, 1))
PAIR(compare, KEEP(strcmp(a7, "tezt")), memset(a7 + 2, 1, 1))
PAIR(limited, KEEP(strncmp(a8, "text", 3)), memset(a8 + 2, 1, 1))
PAIR(no_case, KEEP(strcasecmp(a9, "TEXT")), memset(a9 + 4, 0, 1))
PAIR(find, KEEP(strchr(b1, 116)), memset(b1, 116, 1))
PAIR(last, KEEP(strrchr(b2, 116)), memset(b2 + 4, 0, 1))
PAIR(part, KEEP(strstr(b3, "xt")), memset(b3 + 3, 0, 1))
PAIR(span, KEEP(strspn(b4, "et")), memset(b4 + 2, 0, 1))
PAIR(reject, KEEP(strcspn(b5, "x")), memset(b5 + 2, 0, 1))
PAIR(any, KEEP(strpbrk(b6, "x")), memset(b6 + 2, 0, 1))
PAIR(twice, free(strdup(b7)), memset(b7 + 4, 0, 1))
PAIR(word, strtok_r(b8, " ", &rest), memset(b8 + 1, 0, 1))
PAIR(piece, strsep(&cut, " "), strtok_r(0, " ", &cut))
PAIR(order, KEEP(strcoll(b9, "text")), memset(b9, 0, 1))
PAIR(error, strerror_r(12345, c1, 64), KEEP(strlen(c1)))

int main(void)
{
    RUN_PAIRS(&length_pair, &copy_pair, &end_pair, &most_pair, &append_pair, &appended_pair,
              &compare_pair, &limited_pair, &no_case_pair, &find_pair, &last_pair, &part_pair,
              &span_pair, &reject_pair, &any_pair, &twice_pair, &word_pair, &piece_pair,
              &order_pair, &error_pair);
    return 0;
}
