/* Prints what of holdfast is in its environment. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    for (char **at = environ; *at; at++)
        if (strstr(*at, "libholdfast") || !strncmp(*at, "HOLDFAST_", 9))
            printf("%.12s\n", *at);
    puts("shown");
    return 0;
}
