#include "preload.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libholdfast.so"

int preload_find(char *ret_path, size_t size)
{
    /* Beside bin: the library folder of the configuration first, then what others may choose. */
    static const char *const folders[] = {"shim", HOLDFAST_LIBDIR, "lib/x86_64-linux-gnu", "lib64",
                                          "lib"};
    char here[PATH_MAX], resolved[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", here, sizeof here - 1);
    if (length <= 0)
        return -ENOENT;
    here[length] = '\0';
    /* Up two names: from tools/holdfast or bin/holdfast to what is above. */
    for (int i = 0; i < 2; i++)
        if (strrchr(here, '/'))
            *strrchr(here, '/') = '\0';
    for (unsigned i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char path[PATH_MAX + 64];
        snprintf(path, sizeof path, "%s/%s/%s", here, folders[i], LIBRARY);
        if (!realpath(path, resolved))
            continue;
        if (strpbrk(resolved, " \t\n:"))
            return -EINVAL;
        return (size_t)snprintf(ret_path, size, "%s", resolved) < size ? 0 : -ENAMETOOLONG;
    }
    return -ENOENT;
}

bool preload_stand_in(const char *library, char *ret_path, size_t size)
{
    static const char *const folders[] = {"holdfast", "compiled"}; /* installed, as built */
    int length = (int)(strrchr(library, '/') - library);
    for (unsigned i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if ((size_t)snprintf(ret_path, size, "%.*s/%s/libtsan.so.2", length, library, folders[i]) <
                size &&
            !access(ret_path, R_OK))
            return true;
    return false;
}

/* The loader takes blanks and colons as ends of a path. */
#define SEPARATORS " :"

const char *preload_rival(const char *value)
{
    static const char *const runtimes[] = {"libasan.so", "libtsan.so", "liblsan.so", "libmsan.so",
                                           "libhwasan.so"};
    for (unsigned i = 0; value && i < sizeof runtimes / sizeof runtimes[0]; i++)
        if (strstr(value, runtimes[i]))
            return runtimes[i];
    return value ? strstr(value, "libclang_rt.") : NULL;
}

char *preload_value(const char *library, const char *value)
{
    if (!value)
        value = "";
    char *result = malloc(strlen(library) + strlen(value) + 2);
    if (!result)
        abort();
    char *end = stpcpy(result, library);
    while (*value) {
        size_t length = strcspn(value, SEPARATORS);
        bool again = length == strlen(library) && !strncmp(value, library, length);
        if (length && !again) {
            *end++ = ':';
            end = stpncpy(end, value, length);
        }
        value += length + (value[length] != '\0');
    }
    *end = '\0';
    return result;
}

static bool same_name(const char *word, const char *other)
{
    size_t length = strcspn(word, "=");
    return !strncmp(word, other, length) && other[length] == '=';
}

char **preload_environment(char *const words[])
{
    size_t count = 0, word_count = 0, kept = 0;
    while (environ && environ[count])
        count++;
    while (words[word_count])
        word_count++;
    char **result = calloc(count + word_count + 1, sizeof *result);
    if (!result)
        abort();
    for (size_t i = 0; i < count; i++) {
        bool replaced = false;
        for (size_t k = 0; k < word_count; k++)
            replaced |= same_name(words[k], environ[i]);
        if (!replaced)
            result[kept++] = environ[i];
    }
    for (size_t k = 0; k < word_count; k++)
        result[kept++] = words[k];
    return result;
}
