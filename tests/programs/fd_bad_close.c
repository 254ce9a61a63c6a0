/* Numbers that never were descriptors of this run. -1 does no harm and is a note.
// expect: bad-close count=1 severity=error value=777 function=mangled role=here
// expect: bad-close count=1 severity=error function=negative role=here
// expect: bad-close count=2 severity=note value=-1 function=failed_open role=here
*/
#include <fcntl.h>
#include <unistd.h>

__attribute__((noinline)) static void mangled(void)
{
    close(777);
    __asm__ volatile("");
}

__attribute__((noinline)) static void negative(void)
{
    close(-12345);
    __asm__ volatile("");
}

__attribute__((noinline)) static void failed_open(void)
{
    close(open("/nonexistent/file", O_RDONLY));
    __asm__ volatile("");
}

int main(void)
{
    mangled();
    negative();
    for (volatile int i = 0; i < 2; i++)
        failed_open();
    return 0;
}
