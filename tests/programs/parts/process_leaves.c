/* Leaves a descriptor open, prints its arguments, ends with the number of them. */
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    open("/etc/group", O_RDONLY);
    for (int i = 1; i < argc; i++)
        puts(argv[i]);
    return argc - 1;
}
