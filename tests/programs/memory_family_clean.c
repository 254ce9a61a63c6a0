/* The malloc family with all its edges, everything given back.
// expect: none
*/
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d\n", __LINE__);                                                         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* Sizes that cannot be are known to the compiler only at run time. */
static volatile size_t huge = SIZE_MAX / 2;

int main(void)
{
    void *p = malloc(0);
    CHECK(p);
    free(p);
    free(NULL);
    p = realloc(NULL, 10);
    CHECK(p);
    p = realloc(p, 20);
    p = realloc(p, 1 << 20);
    p = realloc(p, 8);
    errno = 0;
    CHECK(realloc(p, huge) == NULL && errno == ENOMEM); /* p stays ours */
    CHECK(realloc(p, 0) == NULL);
    CHECK(reallocarray(NULL, huge, 4) == NULL);
    CHECK(malloc(huge) == NULL && calloc(huge, 4) == NULL);
    p = calloc(0, 4);
    CHECK(p);
    free(p);
    p = malloc(100);
    CHECK(malloc_usable_size(p) >= 100);
    errno = 77;
    free(p);
    CHECK(errno == 77);
    CHECK(posix_memalign(&p, 3, 10) == EINVAL);
    CHECK(posix_memalign(&p, 64, 0) == 0 && (uintptr_t)p % 64 == 0);
    free(p);
    p = aligned_alloc(4096, 8192);
    CHECK((uintptr_t)p % 4096 == 0);
    p = realloc(p, 100000);
    free(p);
    p = memalign(1 << 16, 10);
    CHECK((uintptr_t)p % (1 << 16) == 0);
    free(p);
    free(valloc(10));
    free(pvalloc(10));
    free(strdup("x"));
    free(realpath("/", NULL));
    free(getcwd(NULL, 0));
    char *line = NULL;
    size_t room = 0;
    FILE *file = fmemopen((char *)"a line\n", 7, "r");
    CHECK(getline(&line, &room, file) == 7);
    fclose(file);
    free(line);
    return 0;
}
