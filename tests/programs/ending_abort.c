/* abort: dies by SIGABRT as natively, and the recording knows.
// status: 134
// expect: none
// expect-process: state=crashed signal=6
*/
#include <stdlib.h>

int main(void)
{
    free(malloc(1));
    abort();
}
