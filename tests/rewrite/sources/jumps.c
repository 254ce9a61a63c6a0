/* Every way in which C makes the compiler jump by tables. Labels are fallen into, too, so that it
   is not the jump before them that tells of them. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE(n)                                                                                    \
    case n:                                                                                        \
        x = x * 3 + (n);                                                                           \
        if (x & 1)                                                                                 \
            x ^= (n) << 3;                                                                         \
        break;
#define CASES(n) CASE(n) CASE(n + 1) CASE(n + 2) CASE(n + 3) CASE(n + 4) CASE(n + 5) CASE(n + 6)

__attribute__((noinline)) unsigned dense(unsigned what, unsigned x)
{
    switch (what) {
        CASES(0)
        CASES(10)
        CASES(20)
        CASES(33)
    default:
        x += what;
    }
    return x;
}

__attribute__((noinline)) unsigned unreachable(unsigned what, unsigned x)
{
    switch (what & 15) {
        CASES(0)
        CASES(7)
    case 15:
        return 3;
    default:
        __builtin_unreachable();
    }
    return x + 1;
}

/* Cases that call, so that parts become cold. */
__attribute__((cold, noinline)) static unsigned seldom(unsigned x)
{
    fprintf(stderr, "%u\n", x);
    return x;
}
__attribute__((noinline)) unsigned with_cold(unsigned what, unsigned x)
{
    char buffer[64];
    switch (what) {
        CASES(0)
        CASES(7)
    case 20:
        snprintf(buffer, sizeof buffer, "%u", x);
        return seldom((unsigned)strlen(buffer));
    case 21:
        return seldom(x) + seldom(x + 1);
    default:
        abort();
    }
    return x;
}

__attribute__((noinline)) unsigned interpret(const unsigned char *code, unsigned x)
{
    static void *const absolute[] = {&&add, &&sub, &&twice, &&loop, &&stop};
    unsigned rounds = 0;
    goto *absolute[*code++];
add:
    x += *code++;
    goto *absolute[*code++];
sub:
    x -= *code++;
    if (x & 64)
        goto *absolute[*code++];
twice:
    x *= 2;
    goto *absolute[*code++];
loop:
    if (rounds++ < 3)
        code -= 6;
    goto *absolute[*code++];
stop:
    return x;
}

__attribute__((noinline)) unsigned differences(const unsigned char *code, unsigned x)
{
    static const int relative[] = {&&one - &&one, &&two - &&one, &&three - &&one, &&end - &&one};
    for (;;) {
        goto *(&&one + relative[*code++]);
    one:
        x += 7;
    two:
        x ^= x << 5;
        if (x & 3)
            continue;
    three:
        x = x * 31 + *code++;
        continue;
    end:
        return x;
    }
}

struct machine {
    char name[12];
    int steps;
    long relative[6];
    int after;
};
__attribute__((noinline)) unsigned wide_differences(const unsigned char *code, unsigned x)
{
    static const struct machine machine = {
        "machine", 5, {&&a - &&e, &&b - &&e, &&c - &&e, &&d - &&e, &&e - &&e, 0}, 3};
    unsigned left = (unsigned)machine.steps * 3u;
next:
    if (!left--)
        return x;
    goto *(&&e + machine.relative[*code++ % 5]);
a:
    x += 1;
b:
    x *= 3;
    goto next;
c:
    x -= 9;
d:
    x ^= 0x55;
    goto next;
e:
    x = x << 1 | x >> 31;
    goto next;
}

/* A table that is made while the program runs. */
__attribute__((noinline)) unsigned built(unsigned n, unsigned x)
{
    void *table[4];
    unsigned rounds = 0;
    table[0] = &&p;
    table[1] = &&q;
    table[2] = &&r;
    table[3] = &&s;
    goto *table[n & 3];
p:
    x += 5;
q:
    x *= 7;
r:
    if (rounds++ < n)
        goto *table[(n + rounds) & 3];
s:
    return x;
}

static jmp_buf jump;
__attribute__((noinline)) static void leave(int value)
{
    longjmp(jump, value);
}
__attribute__((noinline)) unsigned returns_twice(unsigned x)
{
    volatile unsigned kept = x;
    switch (setjmp(jump)) {
    case 0:
        leave(2);
        break;
    case 2:
        return kept + 1;
    default:
        return 0;
    }
    return 1;
}

static unsigned (*const calls[])(unsigned, unsigned) = {dense, unreachable, with_cold, built};
__attribute__((noinline)) unsigned tail(unsigned which, unsigned x)
{
    return calls[which & 3](which, x);
}

int main(int argc, char **argv)
{
    static const unsigned char code[] = {0, 5, 2, 1, 3, 3, 0, 9, 4, 4};
    static const unsigned char steps[] = {0, 1, 2, 200, 1, 0, 2, 3, 1, 0, 1, 3};
    static const unsigned char wide[] = {0, 1, 2, 4, 1, 0, 2, 3, 1, 4, 4, 3, 0, 0, 3, 3};
    unsigned x = (unsigned)argc;
    for (unsigned i = 0; i < 64; i++) {
        x = dense(i, x) + unreachable(i % 13, x);
        x += i == 20 || i > 13 ? 0 : with_cold(i, x);
        x += built(i, x);
    }
    x += interpret(code, x) + differences(steps, x) + wide_differences(wide, x);
    x += returns_twice(x) + tail(x & 1, x);
    printf("%u\n", x);
    return argv[0] == NULL;
}
