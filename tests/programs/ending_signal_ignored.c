/* A signal that was ignored when the program started stays ignored, in what it starts too.
// run: -c "trap '' TERM INT; kill -TERM $$; sh -c 'kill -INT $$; echo child'; echo here"
// expect: none
*/
#include <unistd.h>

int main(int argc, char **argv)
{
    argv[0] = "sh";
    execv("/bin/sh", argv);
    return 127;
}
