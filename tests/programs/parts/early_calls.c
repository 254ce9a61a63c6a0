/* Calls libc from the resolver of an indirect function, which the loader runs while it relocates
   this library (before it relocates those that came ahead), and from a constructor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char resolved[64], constructed[64];

static int good(void)
{
    return strcmp(resolved, "text") == 0 && strcmp(constructed, "text 17") == 0;
}

static int bad(void)
{
    return 0;
}

static int (*resolve(void))(void)
{
    char text[64], other[64];
    memset(text, 'x', sizeof text);
    memcpy(text, "text", 5);
    memmove(text + 8, text, 5);
    char *end = mempcpy(other, text + 8, 5);
    memcpy(resolved, text + 8, 5);
    return strlen(text) == 4 && end == other + 5 && memcmp(text, text + 8, 5) == 0 &&
                   strcmp(text, "text") == 0 && strncmp(text, "tex", 3) == 0 &&
                   strchr(text, 'x') == text + 2 && !strchr(text, 'q')
               ? good
               : bad;
}

int early_calls(void) __attribute__((ifunc("resolve"), visibility("default")));

__attribute__((constructor)) static void construct(void)
{
    snprintf(constructed, sizeof constructed, "%s %ld", "text", strtol("17", NULL, 10));
}
