/* Functions on wide characters, as access_memory.c and access_string.c have them for bytes. */
#include "interpose/access.h"

static size_t whole(const wchar_t *text)
{
    return (real.wcslen(text) + 1) * sizeof *text;
}

size_t wrap_wcslen(const wchar_t *text)
{
    size_t length = real.wcslen(text);
    if (access_watched())
        access_read(text, (length + 1) * sizeof *text, FRAME);
    return length;
}
