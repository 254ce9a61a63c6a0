#include "terminal.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

unsigned terminal_width(FILE *out)
{
    struct winsize size;
    int fd = fileno(out);
    if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col)
        return 80;
    return size.ws_col < 40 ? 40 : size.ws_col;
}

bool terminal_color(const char *when, FILE *out, bool *ret_color)
{
    if (!when || !strcmp(when, "auto")) {
        const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
        *ret_color = !(no_color && *no_color) && fileno(out) >= 0 && isatty(fileno(out)) &&
                     !(term && !strcmp(term, "dumb"));
        return true;
    }
    *ret_color = !strcmp(when, "always");
    return *ret_color || !strcmp(when, "never");
}

/* Columns of a word in UTF-8: continuation bytes take none. */
static unsigned columns(const char *word, size_t length)
{
    unsigned count = 0;
    for (size_t i = 0; i < length; i++)
        count += (word[i] & 0xc0) != 0x80;
    return count;
}

void print_wrapped(FILE *out, const char *text, unsigned width, unsigned indent)
{
    unsigned column = 0;
    while (*text) {
        size_t space = strspn(text, " \n"), length = strcspn(text + space, " \n");
        if (column && memmem(text, space, "\n\n", 2)) {
            fputs("\n\n", out);
            column = 0;
        }
        text += space;
        if (!length)
            break;
        unsigned word = columns(text, length);
        if (column && column + 1 + word > width) {
            fputc('\n', out);
            column = 0;
        }
        if (!column)
            column = (unsigned)fprintf(out, "%*s", (int)indent, "");
        else
            column += (unsigned)fprintf(out, " ");
        fwrite(text, 1, length, out);
        column += word;
        text += length;
        if (column == 0)
            column = 1;
    }
    fputc('\n', out);
}
