/* A program that looks for the auxiliary vector behind its environment, as Go's runtime does, finds
it there, or finds it empty and asks the kernel.
// expect: none
// expect-stdout: the kernel's vector
*/
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned long page_size(const Elf64_auxv_t *at)
{
    unsigned long found = 0;
    for (; at->a_type != AT_NULL; at++)
        found = at->a_type == AT_PAGESZ ? at->a_un.a_val : found;
    return found;
}

int main(int argc, char **argv)
{
    char **at = argv + argc + 1;
    while (*at)
        at++;
    const Elf64_auxv_t *behind = (const Elf64_auxv_t *)(at + 1);
    static Elf64_auxv_t told[64];
    int fd = open("/proc/self/auxv", O_RDONLY);
    if (fd < 0 || read(fd, told, sizeof told - sizeof *told) <= 0)
        return 1;
    close(fd);
    unsigned long page = behind->a_type == AT_NULL ? page_size(told) : page_size(behind);
    puts(page && page == page_size(told) ? "the kernel's vector" : "something else");
    return 0;
}
