/* Every operation of every width has the value that the hardware would give, and a double word
   hands on what its halves are read for. */
// build: -fsanitize=thread
// build: -mcx16 -latomic
// expect: none
#include <stdint.h>
#include <stdio.h>

#include "in_turn.h"

typedef unsigned __int128 wide;
static __attribute__((aligned(16))) union {
    wide whole;
    uint64_t half[2];
} pair;
static int message;

#define VALUES(type)                                                                               \
    do {                                                                                           \
        static __attribute__((aligned(16))) type at;                                               \
        type expected, all[16];                                                                    \
        int n = 0;                                                                                 \
        __atomic_store_n(&at, (type)-3, __ATOMIC_RELEASE);                                         \
        all[n++] = __atomic_load_n(&at, __ATOMIC_ACQUIRE);                                         \
        all[n++] = __atomic_exchange_n(&at, 100, __ATOMIC_ACQ_REL);                                \
        all[n++] = __atomic_fetch_add(&at, 200, __ATOMIC_RELAXED);                                 \
        all[n++] = __atomic_fetch_sub(&at, 7, __ATOMIC_SEQ_CST);                                   \
        all[n++] = __atomic_fetch_and(&at, 0x5f, __ATOMIC_ACQUIRE);                                \
        all[n++] = __atomic_fetch_or(&at, 0x21, __ATOMIC_RELEASE);                                 \
        all[n++] = __atomic_fetch_xor(&at, 0x77, __ATOMIC_RELAXED);                                \
        all[n++] = __atomic_fetch_nand(&at, 0x3c, __ATOMIC_RELAXED);                               \
        expected = 1;                                                                              \
        all[n++] =                                                                                 \
            __atomic_compare_exchange_n(&at, &expected, 5, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED); \
        all[n++] = expected;                                                                       \
        all[n++] =                                                                                 \
            __atomic_compare_exchange_n(&at, &expected, 5, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED); \
        all[n++] = at;                                                                             \
        for (int i = 0; i < n; i++)                                                                \
            printf("%llx:%llx ", (unsigned long long)((wide)all[i] >> 64),                         \
                   (unsigned long long)all[i]);                                                    \
        printf("\n");                                                                              \
    } while (0)

static void swap_whole(void)
{
    wide expected = 0, value = (wide)2 << 64 | 1;
    message = 1;
    __atomic_compare_exchange_n(&pair.whole, &expected, value, 0, __ATOMIC_RELEASE,
                                __ATOMIC_RELAXED);
}

static void read_halves(void)
{
    if (__atomic_load_n(&pair.half[1], __ATOMIC_ACQUIRE) == 2)
        message++;
}

static void *nothing(void *unused)
{
    return NULL;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, nothing, NULL);
    VALUES(uint8_t);
    VALUES(uint16_t);
    VALUES(uint32_t);
    VALUES(uint64_t);
    VALUES(wide);
    pthread_join(thread, NULL);
    in_turn(swap_whole, read_halves);
    return message != 2;
}
