/* What popen starts is watched too, and sees the program's own environment.
// part: popen_leaves
// expect: double-close count=1 program=popen_leaves function=main role=here
*/
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    char line[64];
    FILE *stream = popen("./popen_leaves; echo ${LD_PRELOAD-none} ${HOLDFAST_RUN-none}", "r");
    while (fgets(line, sizeof line, stream))
        fputs(line, stdout);
    return pclose(stream);
}
