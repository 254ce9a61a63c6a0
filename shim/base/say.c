#include "base/say.h"

#include "base/recording.h"
#include "base/syscall.h"
#include "base/text.h"

void say_with(const char *message, const char *detail)
{
    char line[512];
    struct text text = text_in(line, sizeof line - 1);
    text_add(&text, "holdfast: ");
    text_add(&text, message);
    if (detail) {
        text_add(&text, ": ");
        text_add(&text, detail);
    }
    line[text.length] = '\n';
    raw_syscall(SYS_write, 2, line, text.length + 1);
}

void say(const char *message)
{
    say_with(message, 0);
}

void say_unobserved(uint32_t bit, const char *message)
{
    uint32_t before = 0;
    if (recording)
        before = __atomic_fetch_or(&recording->unobserved, bit, __ATOMIC_RELAXED);
    if (message && !(before & bit))
        say(message);
}
