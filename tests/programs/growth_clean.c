/* Memory that grows and is given back, a table that doubles, and a queue that is bounded.
// options: --growth-threshold=0
// expect: none
*/
#include <stdlib.h>

static void *bounded[3000], **table;

int main(void)
{
    size_t room = 1, count = 0;
    table = malloc(room * sizeof *table);
    for (int i = 0; i < 50000; i++) {
        if (count == room)
            table = realloc(table, (room *= 2) * sizeof *table);
        table[count++] = malloc(32);
        free(bounded[i % 3000]);
        bounded[i % 3000] = malloc((size_t)(i % 100));
    }
    while (count)
        free(table[--count]);
    return 0;
}
