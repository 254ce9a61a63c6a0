/* A library that comes and goes. */
#include <stdlib.h>

void *storm_make(size_t size)
{
    return malloc(size + 1);
}
