/* Neighbours: bytes of one word, bit by byte, and what joins and creations order. */
// build: -fsanitize=thread
// expect: none
#include <string.h>

#include "in_turn.h"

static union {
    unsigned char byte[8];
    unsigned short half[4];
} shared;
static struct {
    char a[3];
    short b;
    int c;
    long d;
} __attribute__((packed)) packed;
static int handed = 1;

static void low(void)
{
    shared.byte[0]++;
    shared.byte[2]++;
    shared.half[2]++;
    packed.a[2]++;
    packed.c++;
}

static void high(void)
{
    shared.byte[1]++;
    shared.byte[3]++;
    shared.half[3]++;
    packed.b++;
    packed.d++;
}

static void *add(void *unused)
{
    handed++;
    return NULL;
}

int main(void)
{
    in_turn(low, high);
    in_turn(high, low);
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        handed++;
        pthread_create(&thread, NULL, add, NULL);
        pthread_join(thread, NULL);
    }
    return handed != 7;
}
