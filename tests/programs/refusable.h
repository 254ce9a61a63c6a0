/* Calls that a machine may refuse (other rights, a filter, an older kernel): what is asked for is
   then not expected. A program says so by a line "refused: NAME", and lines of the head that say
   unless=NAME are left out (see run). */
#ifndef HOLDFAST_TESTS_REFUSABLE_H
#define HOLDFAST_TESTS_REFUSABLE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* What a call returned. False: this machine does not let us; any other failure is one of the test.
 */
static inline int granted(const char *name, long result)
{
    if (result >= 0)
        return 1;
    if (errno != EPERM && errno != EACCES && errno != ENOSYS) {
        perror(name);
        abort();
    }
    printf("refused: %s\n", name);
    return 0;
}

#endif
