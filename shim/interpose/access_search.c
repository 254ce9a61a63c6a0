/* Patterns, and walks through folders. What a walk calls back is the program's own doing. */
#include <stdarg.h>

#include "interpose/access.h"
#include "interpose/resources.h"

/* clang-format off */
int wrap_fnmatch(const char *pattern, const char *text, int flags)
TELLS_AFTER(real.fnmatch(pattern, text, flags), TEXTS(pattern, text))
int wrap_rpmatch(const char *text)
TELLS_AFTER(real.rpmatch(text), TEXT(text))
size_t wrap_regerror(int error, const regex_t *of, char *to, size_t room)
TELLS_AFTER(real.regerror(error, of, to, room), WRITES(to, result < room ? result : room))
/* clang-format on */

/* What regcomp, glob and wordexp make is known by the block that their struct leads to: a copy of
   the struct may be what is released. */
int wrap_regcomp(regex_t *to, const char *pattern, int flags)
{
    int result = real.regcomp(to, pattern, flags);
    if (access_watched())
        access_copy_part(to, result == 0 ? sizeof *to : 0, pattern, text_size(pattern), FRAME);
    if (result == 0) {
        resource_made(HANDLE_KIND_REGEX, (uintptr_t)to->buffer, pattern, FRAME);
        resource_has(HANDLE_KIND_REGEX, (uintptr_t)to->buffer, (uintptr_t)to->fastmap,
                     (uintptr_t)to->translate);
    }
    return result;
}

void wrap_regfree(regex_t *of)
{
    if (access_watched())
        WRITES(of, sizeof *of);
    resource_ends(HANDLE_KIND_REGEX, (uintptr_t)of->buffer, "regfree", FRAME);
    real.regfree(of);
}

/* REG_STARTEND: the text is from where to where the first match says. */
static __attribute__((noinline)) void matched(const regex_t *by, const char *text, size_t count,
                                              const regmatch_t *matches, int flags, bool found,
                                              const void *frame)
{
    bool part = flags & REG_STARTEND;
    access_read_both(by, sizeof *by, text, part ? 0 : text_size(text), frame);
    if (found && matches && !by->no_sub)
        access_write(matches, count * sizeof *matches, frame);
}

int wrap_regexec(const regex_t *by, const char *text, size_t count, regmatch_t *matches, int flags)
    TELLS_AFTER(real.regexec(by, text, count, matches, flags),
                matched(by, text, count, matches, flags, result == 0, FRAME))

/* Each name of the list lies in a block of its own. */
static __attribute__((noinline)) void globbed(const char *pattern, const glob_t *to, bool found,
                                              const void *frame)
{
    access_copy_part(to, sizeof *to, pattern, text_size(pattern), frame);
    if (found)
        access_write(to->gl_pathv, (to->gl_offs + to->gl_pathc + 1) * sizeof *to->gl_pathv, frame);
}

#define GLOB(name, freed, type)                                                                    \
    int wrap_##name(const char *pattern, int flags, int (*failed)(const char *, int), type *to)    \
    {                                                                                              \
        uint64_t old = flags & GLOB_APPEND ? (uintptr_t)to->gl_pathv : 0;                          \
        int result = real.name(pattern, flags, failed, to);                                        \
        if (access_watched())                                                                      \
            globbed(pattern, (const glob_t *)to, result == 0 && !(flags & GLOB_DOOFFS), FRAME);    \
        if (old)                                                                                   \
            resource_moved(HANDLE_KIND_GLOB, old, (uintptr_t)to->gl_pathv);                        \
        else if (result == 0)                                                                      \
            resource_made(HANDLE_KIND_GLOB, (uintptr_t)to->gl_pathv, pattern, FRAME);              \
        return result;                                                                             \
    }                                                                                              \
    void wrap_##freed(type *of)                                                                    \
    {                                                                                              \
        if (access_watched())                                                                      \
            WRITES(of, sizeof *of);                                                                \
        resource_ends(HANDLE_KIND_GLOB, (uintptr_t)of->gl_pathv, "globfree", FRAME);               \
        real.freed(of);                                                                            \
    }

GLOB(glob, globfree, glob_t)
GLOB(glob64, globfree64, glob64_t)

static __attribute__((noinline)) void expanded(const char *text, const wordexp_t *to, bool found,
                                               const void *frame)
{
    access_copy_part(to, found ? sizeof *to : 0, text, text_size(text), frame);
    if (found)
        access_write(to->we_wordv, (to->we_wordc + 1) * sizeof *to->we_wordv, frame);
}

int wrap_wordexp(const char *text, wordexp_t *to, int flags)
{
    uint64_t old = flags & (WRDE_APPEND | WRDE_REUSE) ? (uintptr_t)to->we_wordv : 0;
    int result = real.wordexp(text, to, flags);
    if (access_watched())
        expanded(text, to, result == 0 && !(flags & WRDE_DOOFFS), FRAME);
    if (flags & WRDE_REUSE)
        resource_is_over(HANDLE_KIND_WORDS, old, FRAME);
    else if (old)
        resource_moved(HANDLE_KIND_WORDS, old, (uintptr_t)to->we_wordv);
    if (result == 0 && (flags & WRDE_REUSE || !old))
        resource_made(HANDLE_KIND_WORDS, (uintptr_t)to->we_wordv, text, FRAME);
    return result;
}

void wrap_wordfree(wordexp_t *of)
{
    if (access_watched())
        WRITES(of, sizeof *of);
    resource_ends(HANDLE_KIND_WORDS, (uintptr_t)of->we_wordv, "wordfree", FRAME);
    real.wordfree(of);
}

/* clang-format off */
int wrap_ftw(const char *path, __ftw_func_t visit, int most)
TELLS_BEFORE(real.ftw(path, visit, most), TEXT(path))
int wrap_ftw64(const char *path, __ftw64_func_t visit, int most)
TELLS_BEFORE(real.ftw64(path, visit, most), TEXT(path))
int wrap_nftw(const char *path, __nftw_func_t visit, int most, int flags)
TELLS_BEFORE(real.nftw(path, visit, most, flags), TEXT(path))
int wrap_nftw64(const char *path, __nftw64_func_t visit, int most, int flags)
TELLS_BEFORE(real.nftw64(path, visit, most, flags), TEXT(path))
/* clang-format on */

/* The list of entries: its block, and the variable that is given its address. */
static __attribute__((noinline)) void listed(const char *path, void *const *ret_list, int count,
                                             const void *frame)
{
    access_copy_part(ret_list, count >= 0 ? sizeof *ret_list : 0, path, text_size(path), frame);
    if (count > 0)
        access_write(*ret_list, (size_t)count * sizeof(void *), frame);
}

#define LISTED(path, ret_list) listed(path, (void *const *)(ret_list), result, FRAME)

/* clang-format off */
int wrap_scandir(const char *path, struct dirent ***ret_list, int (*wanted)(const struct dirent *),
                 int (*compare)(const struct dirent **, const struct dirent **))
TELLS_AFTER(real.scandir(path, ret_list, wanted, compare), LISTED(path, ret_list))
int wrap_scandir64(const char *path, struct dirent64 ***ret_list, int (*wanted)(const struct dirent64 *),
                   int (*compare)(const struct dirent64 **, const struct dirent64 **))
TELLS_AFTER(real.scandir64(path, ret_list, wanted, compare), LISTED(path, ret_list))
int wrap_scandirat(int folder, const char *path, struct dirent ***ret_list, int (*wanted)(const struct dirent *),
                   int (*compare)(const struct dirent **, const struct dirent **))
USING(folder, real.scandirat(folder, path, ret_list, wanted, compare), LISTED(path, ret_list))
int wrap_scandirat64(int folder, const char *path, struct dirent64 ***ret_list,
                     int (*wanted)(const struct dirent64 *),
                     int (*compare)(const struct dirent64 **, const struct dirent64 **))
USING(folder, real.scandirat64(folder, path, ret_list, wanted, compare), LISTED(path, ret_list))
