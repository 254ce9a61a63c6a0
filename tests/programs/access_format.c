/* printf and scanf, unordered.
// build: -fno-builtin -w
// expect: data-race function=string_first role=earlier
// expect: data-race top=string_second role=here
// expect: data-race function=to_first role=earlier
// expect: data-race top=to_second role=here
// expect: data-race function=limited_first role=earlier
// expect: data-race top=limited_second role=here
// expect: data-race function=count_first role=earlier
// expect: data-race top=count_second role=here
// expect: data-race function=position_first role=earlier
// expect: data-race top=position_second role=here
// expect: data-race function=wide_first role=earlier
// expect: data-race top=wide_second role=here
// expect: data-race function=wide_to_first role=earlier
// expect: data-race top=wide_to_second role=here
// expect: data-race function=made_first role=earlier
// expect: data-race top=made_second role=here
// expect: data-race function=scan_first role=earlier
// expect: data-race top=scan_second role=here
// expect: data-race function=scan_text_first role=earlier
// expect: data-race top=scan_text_second role=here
// expect: data-race function=scanned_first role=earlier
// expect: data-race top=scanned_second role=here
// expect: data-race function=format_first role=earlier
// expect: data-race top=format_second role=here
// expect: data-race function=checked_first role=earlier
// expect: data-race top=checked_second role=here
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "pairs.h"

static char own1[64], own2[64];
static char a1[64] = "text";
static char a4[64] = "text";
static char a9[64] = "text";
static char a2[64], a3[64], a5[64], a6[64], a7[64] = "17", a8[64] = "x\n", *made;
static int count, value;
static wchar_t w1[64] = L"text", w2[64];

int __snprintf_chk(char *, size_t, int, size_t, const char *, ...);
__attribute__((always_inline)) static inline void checked_print(const char *text)
{
    __snprintf_chk(own1, 60, 1, 64, "%s", text);
}

PAIR(string, snprintf(own1, 60, "%d %s", 1, a1), memset(a1 + 4, 0, 1))
PAIR(to, sprintf(a2, "%s", "abc"), KEEP(strlen(a2)))
PAIR(limited, snprintf(a3, 4, "%s", "abcdef"), memset(a3 + 3, 0, 1))
PAIR(count, snprintf(own1, 60, "ab%n", &count), memcpy(own2, &count, 4))
PAIR(position, snprintf(own1, 60, "%2$s%1$d", 5, a4), memset(a4, 1, 1))
PAIR(wide, snprintf(own1, 60, "%ls", w1), wmemset(w1 + 4, 0, 1))
PAIR(wide_to, swprintf(w2, 60, L"%d", 12), KEEP(wcslen(w2)))
PAIR(made, asprintf(&made, "%d", 7), KEEP(strlen(made)))
PAIR(scan, sscanf("5 word", "%d %s", &value, a5), memcpy(own2, &value, 4))
PAIR(scan_text, sscanf("5 word", "%*d %s", a6), KEEP(strlen(a6)))
PAIR(scanned, sscanf(a7, "%d", (int *)own1), memset(a7, 0, 1))
PAIR(format, printf(a8), memset(a8, 0, 1))
PAIR(checked, checked_print(a9), memset(a9, 0, 1))

int main(void)
{
    RUN_PAIRS(&string_pair, &to_pair, &limited_pair, &count_pair, &position_pair, &wide_pair,
              &wide_to_pair, &made_pair, &scan_pair, &scan_text_pair, &scanned_pair, &format_pair,
              &checked_pair);
    free(made);
    return 0;
}
