/* Functions that cut a string into words: each reads up to and with the delimiter that it replaces
   by a NUL. */
#include "detect/handler_misuse.h"
#include "detect/unsafe_call.h"
#include "interpose/access.h"

/* One word is cut from text, after leading delimiters unless they end words themselves. */
static void cut(struct thread *self, const char *text, const char *delimiters, bool leading,
                const void *frame)
{
    size_t skipped = leading ? real.strspn(text, delimiters) : 0;
    const char *end = text + skipped + real.strcspn(text + skipped, delimiters);
    access_tell(self, delimiters, real.strlen(delimiters) + 1, ACCESS_READ, frame);
    access_tell(self, text, (size_t)(end + 1 - text), ACCESS_READ, frame);
    if (*end)
        access_tell(self, end, 1, ACCESS_WRITE, frame);
}

/* Where strtok stands is known to libc alone: of the calls that go on, the result tells. */
static __attribute__((noinline)) void cut_hidden(const char *text, const char *delimiters,
                                                 const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    handler_unsafe_call(self, "strtok", frame);
    if (access_watched()) {
        unsafe_call(self, UNSAFE_strtok, 0, frame);
        if (text)
            cut(self, text, delimiters, true, frame);
    }
    guard_leave(self);
}

char *wrap_strtok(char *text, const char *delimiters)
{
    if (access_wanted())
        cut_hidden(text, delimiters, FRAME);
    char *word = real.strtok(text, delimiters);
    if (access_watched() && !text && word)
        access_read(word, real.strlen(word) + 1, FRAME);
    return word;
}

static __attribute__((noinline)) void cut_at(const char *text, const char *delimiters,
                                             char **position, bool leading, const void *frame)
{
    struct thread *self = guard_enter();
    if (!self)
        return;
    if (text)
        cut(self, text, delimiters, leading, frame);
    access_tell(self, position, sizeof *position, ACCESS_WRITE, frame);
    guard_leave(self);
}

/* clang-format off */
char *wrap_strtok_r(char *text, const char *delimiters, char **position)
TELLS_BEFORE(real.strtok_r(text, delimiters, position),
             cut_at(text ? text : *position, delimiters, position, true, FRAME))
char *wrap___strtok_r(char *text, const char *delimiters, char **position)
TELLS_BEFORE(real.__strtok_r(text, delimiters, position),
             cut_at(text ? text : *position, delimiters, position, true, FRAME))
char *wrap_strsep(char **position, const char *delimiters)
TELLS_BEFORE(real.strsep(position, delimiters), cut_at(*position, delimiters, position, false, FRAME))
char *wrap___strsep_g(char **position, const char *delimiters)
TELLS_BEFORE(real.__strsep_g(position, delimiters), cut_at(*position, delimiters, position, false, FRAME))
/* clang-format on */
