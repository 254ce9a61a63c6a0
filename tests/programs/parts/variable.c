/* A thread-local variable of a library that is loaded late. */
#include <stddef.h>

static __thread char variable[64];

char *variable_here(void);

char *variable_here(void)
{
    return variable;
}
