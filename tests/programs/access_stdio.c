/* Memory that passes through streams, unordered; streams themselves order nothing.
// build: -fno-builtin -w
// expect: data-race function=line_first role=earlier
// expect: data-race top=line_second role=here
// expect: data-race function=grown_first role=earlier
// expect: data-race top=grown_second role=here
// expect: data-race function=block_first role=earlier
// expect: data-race top=block_second role=here
// expect: data-race function=written_first role=earlier
// expect: data-race top=written_second role=here
// expect: data-race function=text_first role=earlier
// expect: data-race top=text_second role=here
// expect: data-race function=printed_first role=earlier
// expect: data-race top=printed_second role=here
// expect: data-race function=parsed_first role=earlier
// expect: data-race top=parsed_second role=here
// expect: data-race function=wide_first role=earlier
// expect: data-race top=wide_second role=here
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "pairs.h"

static FILE *in, *out, *wide;
static char a1[64], a2[64], a3[64] = "text", a4[64] = "text", a5[64] = "text", a6[64], *line;
static size_t room;
static wchar_t w1[64] = L"text";
static char input[] = "one\ntwo\neight by\nword\n";

PAIR(line, fgets(a1, 64, in), KEEP(strlen(a1)))
PAIR(grown, getline(&line, &room, in), KEEP(strlen(line)))
PAIR(block, fread(a2, 1, 8, in), memset(a2 + 7, 0, 1))
PAIR(written, fwrite(a3, 1, 8, out), memset(a3 + 7, 0, 1))
PAIR(text, fputs(a4, out), memset(a4 + 4, 0, 1))
PAIR(printed, fprintf(out, "%s", a5), memset(a5 + 4, 0, 1))
PAIR(parsed, fscanf(in, "%s", a6), KEEP(strlen(a6)))
PAIR(wide, fputws(w1, wide), wmemset(w1 + 4, 0, 1))

int main(void)
{
    in = fmemopen(input, sizeof input - 1, "r");
    out = fopen("/dev/null", "w");
    wide = fopen("/dev/null", "w");
    RUN_PAIRS(&line_pair, &grown_pair, &block_pair, &written_pair, &text_pair, &printed_pair,
              &parsed_pair, &wide_pair);
    fclose(in);
    fclose(out);
    fclose(wide);
    free(line);
    return 0;
}
