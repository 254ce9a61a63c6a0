/* std::terminate, with a handler of its own that aborts.
// status: 134
// expect: unflushed-stream count=1 bytes=4 name=stdout function=main
// expect-process: state=crashed signal=6
*/
#include <cstdio>
#include <cstdlib>
#include <exception>

static void handler()
{
    std::fputs("no way out\n", stderr);
    std::abort();
}

int main()
{
    std::set_terminate(handler);
    std::printf("lost");
    std::terminate();
}
