/* Two threads, watched: what libc returns, where it stops, errno, and memory that ends at a page
 * that cannot be read.
// build: -fno-builtin -w
// expect: none
*/
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <time.h>
#include <wchar.h>

static void *nothing(void *argument)
{
    return argument;
}

static void check(int right, int line)
{
    if (!right) {
        printf("line %d: another result\n", line);
        exit(1);
    }
}
#define CHECK(condition) check(condition, __LINE__)

/* size bytes of text that end where memory does. */
char *kept[16]; /* mapped until the program ends */
static int kept_count;

static char *at_end(const char *text, size_t size)
{
    char *pages = kept[kept_count++ % 16] =
        mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + 4096, 4096, PROT_NONE);
    return memcpy(pages + 4096 - size, text, size);
}

static void strings(void)
{
    char *text = at_end("hello", 6), *cut = at_end("hello", 5), room[64];
    CHECK(strlen(text) == 5 && strnlen(cut, 5) == 5 && strnlen(cut, 3) == 3);
    CHECK(strcmp(text, "hello") == 0 && strcmp(text, "help") < 0 && strncmp(cut, "hello!", 5) == 0);
    CHECK(strcasecmp(text, "HELLO") == 0 && strncasecmp(cut, "HELLo", 5) == 0);
    CHECK(strchr(text, 'l') == text + 2 && !strchr(text, 'x') && strchr(text, 0) == text + 5);
    CHECK(strrchr(text, 'l') == text + 3 && memchr(cut, 'o', 5) == cut + 4 && !memchr(cut, 'x', 5));
    CHECK(strstr(text, "llo") == text + 2 && !strstr(text, "world") && strstr(text, "") == text);
    CHECK(memmem(cut, 5, "lo", 2) == cut + 3 && memrchr(cut, 'l', 5) == cut + 3);
    CHECK(strcpy(room, text) == room && stpcpy(room, text) == room + 5);
    CHECK(strncpy(room, cut, 5) == room && stpncpy(room, cut, 4) == room + 4);
    room[0] = 0;
    CHECK(strncat(room, cut, 5) == room && strcmp(room, "hello") == 0);
    CHECK(strspn(text, "leh") == 4 && strcspn(text, "o") == 4 && strpbrk(text, "xo") == text + 4);
    CHECK(memccpy(room, cut, 'l', 5) == room + 3 && !memccpy(room, cut, 'x', 5));
    CHECK(strcoll(text, "hello") == 0 && memcmp(cut, "hello", 5) == 0);
    char *copy = strdup(text), *part = strndup(cut, 5);
    CHECK(strcmp(copy, part) == 0);
    free(copy);
    free(part);
}

static void overlap(void)
{
    char text[16] = "abcdefgh";
    memmove(text + 1, text, 8);
    CHECK(strcmp(text, "aabcdefgh") == 0);
    memmove(text, text + 1, 8);
    memcpy(text, text, 0);
    memcpy(NULL, NULL, 0);
    CHECK(strncmp(text, "abcdefgh", 8) == 0);
    char words[] = " a  b", *rest, *at = words;
    CHECK(strcmp(strtok_r(words, " ", &rest), "a") == 0 &&
          strcmp(strtok_r(NULL, " ", &rest), "b") == 0);
    CHECK(strtok_r(NULL, " ", &rest) == NULL);
    char fields[] = "a::b";
    at = fields;
    CHECK(strcmp(strsep(&at, ":"), "a") == 0 && *strsep(&at, ":") == 0 &&
          strcmp(strsep(&at, ":"), "b") == 0);
    CHECK(strsep(&at, ":") == NULL);
}

static void numbers(void)
{
    char *text = at_end("12", 3), *end = text;
    errno = 0;
    CHECK(strtol(text, &end, 10) == 12 && end == text + 2 && errno == 0);
    CHECK(strtol("x", &end, 10) == 0 && strtol("99999999999999999999", NULL, 10) == LONG_MAX);
    CHECK(errno == ERANGE);
    end = text;
    errno = 0;
    CHECK(strtol("5", &end, 99) == 0 && errno == EINVAL);
    CHECK(end == text); /* libc leaves it alone */
    CHECK(strtod("1.5x", &end) == 1.5 && *end == 'x' && atoi("-7") == -7 && atof("2.5") == 2.5);
    CHECK(wcstol(L"0x10", NULL, 16) == 16);
}

static void formats(void)
{
    char *cut = at_end("abc", 3), room[64];
    int count, a, b;
    CHECK(snprintf(room, sizeof room, "%.3s|%5d|%-4.1f|%n", cut, 7, 2.25, &count) == 15 &&
          count == 15);
    CHECK(strcmp(room, "abc|    7|2.2 |") == 0);
    CHECK(snprintf(NULL, 0, "%s", "long text") == 9 && snprintf(room, 3, "%d", 12345) == 5);
    CHECK(strcmp(room, "12") == 0);
    errno = ENOENT;
    CHECK(snprintf(room, sizeof room, "%m %s", NULL) == 32 && errno == ENOENT);
    CHECK(sscanf("1 2", "%d %d", &a, &b) == 2 && a == 1 && b == 2 && sscanf("", "%d", &a) == EOF);
    CHECK(sscanf("1,x", "%d,%d", &a, &b) == 1);
    CHECK(swprintf((wchar_t *)room, 2, L"%d", 123) == -1);
    char *made;
    CHECK(asprintf(&made, "%2$s%1$d", 1, "x") == 2 && strcmp(made, "x1") == 0);
    free(made);
}

static void system_texts(void)
{
    char room[64];
    struct tm parts = {.tm_year = 100, .tm_mday = 32};
    CHECK(mktime(&parts) != -1 && parts.tm_mon == 1 &&
          strftime(room, sizeof room, "%Y", &parts) == 4);
    CHECK(strptime("1999 x", "%Y", &parts) && parts.tm_year == 99 && !strptime("x", "%Y", &parts));
    CHECK(time(NULL) > 0 && clock_gettime(12345, (struct timespec *)room) == -1 && errno == EINVAL);
    CHECK(getenv("no such name") == NULL && mbtowc(NULL, NULL, 0) == 0);
    CHECK(strerror_r(1, room, sizeof room) != NULL &&
          strcmp(wcscat(wcscpy((wchar_t[8]){0}, L"a"), L"b") ? "b" : "", "b") == 0);
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, nothing, NULL);
    strings();
    overlap();
    numbers();
    formats();
    system_texts();
    pthread_join(thread, NULL);
    puts("all as ever");
    return 0;
}
