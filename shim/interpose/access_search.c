/* Patterns, and walks through folders. What a walk calls back is the program's own doing. */
#include <stdarg.h>

#include "interpose/access.h"

/* clang-format off */
int wrap_fnmatch(const char *pattern, const char *text, int flags)
TELLS_AFTER(real.fnmatch(pattern, text, flags), TEXTS(pattern, text))
int wrap_rpmatch(const char *text)
TELLS_AFTER(real.rpmatch(text), TEXT(text))
int wrap_regcomp(regex_t *to, const char *pattern, int flags)
TELLS_AFTER(real.regcomp(to, pattern, flags),
            access_copy_part(to, result == 0 ? sizeof *to : 0, pattern, text_size(pattern), FRAME))
size_t wrap_regerror(int error, const regex_t *of, char *to, size_t room)
TELLS_AFTER(real.regerror(error, of, to, room), WRITES(to, result < room ? result : room))
void wrap_regfree(regex_t *of)
TELLS_BEFORE(real.regfree(of), WRITES(of, sizeof *of))
/* clang-format on */

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

int wrap_glob(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *to)
{
    int result = real.glob(pattern, flags, failed, to);
    if (access_watched())
        globbed(pattern, to, result == 0 && !(flags & GLOB_DOOFFS), FRAME);
    return result;
}

int wrap_glob64(const char *pattern, int flags, int (*failed)(const char *, int), glob64_t *to)
{
    int result = real.glob64(pattern, flags, failed, to);
    if (access_watched())
        globbed(pattern, (const glob_t *)to, result == 0 && !(flags & GLOB_DOOFFS), FRAME);
    return result;
}

static __attribute__((noinline)) void expanded(const char *text, const wordexp_t *to, bool found,
                                               const void *frame)
{
    access_copy_part(to, found ? sizeof *to : 0, text, text_size(text), frame);
    if (found)
        access_write(to->we_wordv, (to->we_wordc + 1) * sizeof *to->we_wordv, frame);
}

/* clang-format off */
void wrap_globfree(glob_t *of)
TELLS_BEFORE(real.globfree(of), WRITES(of, sizeof *of))
void wrap_globfree64(glob64_t *of)
TELLS_BEFORE(real.globfree64(of), WRITES(of, sizeof *of))
int wrap_wordexp(const char *text, wordexp_t *to, int flags)
TELLS_AFTER(real.wordexp(text, to, flags), expanded(text, to, result == 0 && !(flags & WRDE_DOOFFS), FRAME))
void wrap_wordfree(wordexp_t *of)
TELLS_BEFORE(real.wordfree(of), WRITES(of, sizeof *of))

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
