/* libc is called before the loader has relocated holdfast's library, and before its constructor.
// library: early_calls early_caller
// build: -L{folder} -learly_caller -learly_calls -Wl,-rpath,{folder}
// expect: none
// expect-stdout: all is well
*/
#include <stdio.h>

extern int (*const early_pointer)(void);

int main(void)
{
    puts(early_pointer() ? "all is well" : "something went wrong");
    return 0;
}
