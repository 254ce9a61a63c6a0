/* Wide characters, conversions and numbers, unordered.
// build: -fno-builtin -w
// expect: data-race function=length_first role=earlier
// expect: data-race top=length_second role=here
// expect: data-race function=copy_first role=earlier
// expect: data-race top=copy_second role=here
// expect: data-race function=most_first role=earlier
// expect: data-race top=most_second role=here
// expect: data-race function=append_first role=earlier
// expect: data-race top=append_second role=here
// expect: data-race function=compare_first role=earlier
// expect: data-race top=compare_second role=here
// expect: data-race function=find_first role=earlier
// expect: data-race top=find_second role=here
// expect: data-race function=array_first role=earlier
// expect: data-race top=array_second role=here
// expect: data-race function=bytes_first role=earlier
// expect: data-race top=bytes_second role=here
// expect: data-race function=wide_first role=earlier
// expect: data-race top=wide_second role=here
// expect: data-race function=number_first role=earlier
// expect: data-race top=number_second role=here
// expect: data-race function=where_first role=earlier
// expect: data-race top=where_second role=here
// expect: data-race function=real_first role=earlier
// expect: data-race top=real_second role=here
// expect: data-race function=plain_first role=earlier
// expect: data-race top=plain_second role=here
// expect: data-race function=wide_number_first role=earlier
// expect: data-race top=wide_number_second role=here
*/
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "pairs.h"

static wchar_t own1[64];
static wchar_t a1[64] = L"text";
static wchar_t a2[64] = L"text";
static wchar_t a3[64] = L"text";
static wchar_t a4[64] = L"text";
static wchar_t a5[64] = L"text";
static wchar_t a6[64] = L"text";
static wchar_t a7[64] = L"text";
static wchar_t a8[64] = L"text";
static char text[64], n1[64] = "123", n2[64] = "1.5", n3[64] = "12", *end, *end2;
static wchar_t w1[64] = L"12";
PAIR(length, KEEP(wcslen(a1)), wmemset(a1 + 4, 0, 1))
PAIR(copy, wcscpy(a2, L"text"), KEEP(wcslen(a2)))
PAIR(most, wcsncpy(a3, L"x", 8), wmemset(a3 + 7, 0, 1))
PAIR(append, wcscat(a4, L"b"), wmemset(a4 + 5, 0, 1))
PAIR(compare, KEEP(wcscmp(a5, L"text")), wmemset(a5 + 4, 0, 1))
PAIR(find, KEEP(wcschr(a6, L'x')), wmemset(a6 + 2, 0, 1))
PAIR(array, wmemcpy(own1, a7, 4), wmemset(a7 + 3, 0, 1))
PAIR(bytes, wcstombs(text, L"abc", 8), KEEP(strlen(text)))
PAIR(wide, mbstowcs(a8, "abc", 8), KEEP(wcslen(a8)))
PAIR(number, KEEP(strtol(n1, &end, 10)), memset(n1 + 3, 0, 1))
PAIR(where, KEEP(strtol("12", &end2, 10)), KEEP(strtod("1.5", &end2)))
PAIR(real, KEEP(strtod(n2, 0)), memset(n2, 0, 1))
PAIR(plain, KEEP(atoi(n3)), memset(n3 + 2, 0, 1))
PAIR(wide_number, KEEP(wcstol(w1, 0, 10)), wmemset(w1, 0, 1))

int main(void)
{
    RUN_PAIRS(&length_pair, &copy_pair, &most_pair, &append_pair, &compare_pair, &find_pair,
              &array_pair, &bytes_pair, &wide_pair, &number_pair, &where_pair, &real_pair,
              &plain_pair, &wide_number_pair);
    return 0;
}
