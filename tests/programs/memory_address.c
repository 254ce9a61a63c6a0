/* An executable that is not position independent and takes malloc's address has a place of its own
   for it: that is no allocator of its own, and the heap is watched.
// build: -no-pie -fno-pie
// expect: memory-leak count=1 bytes=123 function=lose role=allocated
*/
#include <stdlib.h>

__attribute__((noinline)) static void lose(void)
{
    /* In code: the address is put into the instruction, so the executable must have one. */
    void *(*volatile allocate)(size_t) = malloc;
    void *volatile block = allocate(123);
    block = NULL;
}

int main(void)
{
    lose();
    return 0;
}
