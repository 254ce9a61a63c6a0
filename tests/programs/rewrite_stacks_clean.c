/*
 * Code of shapes that are easily broken by moving: deep recursion, small stacks, computed jumps,
 * tables of jumps, red zones, results of comparisons that are used late.
 *
 * // options: --races=full
 * // expect: none
 */
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#ifndef SMALL_STACK
#define SMALL_STACK (16 << 10) /* the alternate stacks are half of it */
#endif

static __attribute__((noinline)) uint64_t deep(uint64_t n, uint64_t *sum)
{
    *sum += n;
    return n ? deep(n - 1, sum) * 3 + n : 1;
}

static const unsigned char code[] = {0, 1, 2, 3, 1, 4, 2, 5, 0, 1, 3, 3, 6};

/* A dense interpreter: goto *table[*pc++]. */
static __attribute__((noinline)) uint64_t interpret(unsigned rounds)
{
    static void *const table[] = {&&add, &&shift, &&mix, &&load, &&store, &&skip, &&end};
    uint64_t a = 1, b = 7, memory[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const unsigned char *pc = code;
    goto *table[*pc++];
add:
    a += b;
    goto *table[*pc++];
shift:
    b = b << 3 | b >> 61;
    goto *table[*pc++];
mix:
    a ^= b * 0x9e3779b97f4a7c15u;
    goto *table[*pc++];
load:
    b += memory[a & 7];
    goto *table[*pc++];
store:
    memory[b & 7] = a;
    goto *table[*pc++];
skip:
    if (a > b)
        a -= b >> 1;
    goto *table[*pc++];
end:
    if (--rounds) {
        pc = code;
        goto *table[*pc++];
    }
    return a ^ b ^ memory[3];
}

static __attribute__((noinline)) uint64_t choose(uint64_t seed, unsigned rounds)
{
    uint64_t value = seed, seen[16] = {0};
    for (unsigned i = 0; i < rounds; i++) {
        switch (value % 11) {
        case 0:
            value = value * 3 + 1;
            break;
        case 1:
            value ^= value >> 7;
            break;
        case 2:
            seen[value & 15]++;
            value += 5;
            break;
        case 3:
            value -= seen[i & 15];
            break;
        case 4:
            value = value << 9 | value >> 55;
            break;
        case 5:
            value += (unsigned char)i;
            break;
        case 6:
            seen[i & 15] ^= value;
            value++;
            break;
        case 7:
            value *= seen[3] | 1;
            break;
        case 8:
            value ^= i;
            break;
        case 9:
            value = ~value;
            break;
        default:
            value += seen[(value >> 3) & 15] + 1;
            break;
        }
    }
    return value;
}

static __attribute__((noinline)) int compare(const int *a, const int *b, int *less)
{
    int count = 0;
    for (int i = 0; i < 64; i++) {
        int is_less = a[i] < b[i];
        less[i] += is_less;
        count += is_less ? 3 : a[i] == b[i];
    }
    return count;
}

struct results {
    uint64_t deep, sum, interpreted, chosen;
    int compared;
};

static void compute(struct results *results, unsigned depth)
{
    int a[64], b[64], less[64] = {0};
    results->sum = 0;
    results->deep = deep(depth, &results->sum);
    results->interpreted = interpret(20000);
    results->chosen = choose(12345, 50000);
    for (int i = 0; i < 64; i++) {
        a[i] = i * 37 % 29;
        b[i] = i * 41 % 31;
    }
    results->compared = compare(a, b, less);
}

static struct results shallow, far;

static void *on_small_stack(void *unused)
{
    struct results mine;
    memset(&mine, 0, sizeof mine);
    compute(&mine, 20);
    return memcmp(&mine, &shallow, sizeof mine) ? (void *)1 : NULL;
}

static void *on_large_stack(void *unused)
{
    struct results mine;
    memset(&mine, 0, sizeof mine);
    compute(&mine, 20000);
    return memcmp(&mine, &far, sizeof mine) ? (void *)1 : NULL;
}

static atomic_int wrong, handled;

static void on_signal(int signal)
{
    struct results mine;
    memset(&mine, 0, sizeof mine);
    compute(&mine, 20);
    wrong |= memcmp(&mine, &shallow, sizeof mine) != 0;
    handled++;
}

static void *on_alternate_stack(void *unused)
{
    static __thread char room[SMALL_STACK / 2];
    stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    sigaltstack(&stack, NULL);
    for (int i = 0; i < 20; i++)
        raise(SIGUSR1);
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
    return NULL;
}

/* Touches the last page that the main thread's stack can have, as ruby does: below it nothing is
   there for anybody. */
static __attribute__((noinline)) void touch_the_end(void)
{
    struct rlimit limit;
    char line[256];
    unsigned long start, end = 0;
    getrlimit(RLIMIT_STACK, &limit);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (strstr(line, "[stack]"))
            sscanf(line, "%lx-%lx", &start, &end);
    if (maps)
        fclose(maps);
    if (!end || limit.rlim_cur == RLIM_INFINITY)
        return;
    volatile char *room = alloca((uintptr_t)&limit - (end - limit.rlim_cur) - 4096);
    for (int i = 0; i < 200; i++)
        room[i] = (char)i;
}

int main(void)
{
    compute(&shallow, 20);
    compute(&far, 20000);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR1, &action, NULL);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, SMALL_STACK);
    pthread_t threads[6];
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], &small, on_small_stack, NULL);
        pthread_create(&threads[2 + i], NULL, on_large_stack, NULL);
        pthread_create(&threads[4 + i], NULL, on_alternate_stack, NULL);
    }
    touch_the_end();
    void *result;
    for (int i = 0; i < 6; i++)
        if (pthread_join(threads[i], &result) || result)
            return 1 + i;
    pthread_attr_destroy(&small);
    return wrong || handled != 40 ? 9 : 0;
}
