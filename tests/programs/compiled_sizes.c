/* Sizes mixed at one place: each pair shares one byte. */
// build: -fsanitize=thread
// expect: data-race role=here function=read_last_byte
// expect: data-race role=here function=write_over_edge
// expect: data-race role=here function=read_second_half
// expect: data-race role=here function=read_in_struct
#include <stdint.h>
#include <string.h>

#include "in_turn.h"

static uint64_t eight;
static struct {
    char before;
    uint64_t value;
    char after[16];
} __attribute__((packed)) crooked;
static __int128 sixteen;
static struct big {
    long words[9];
} big, copy;
static volatile int sink;

static void write_eight(void)
{
    eight = 1;
}

static void read_last_byte(void)
{
    sink = ((char *)&eight)[7];
}

static void read_after_edge(void)
{
    sink = ((char *)&crooked)[8]; /* the last byte of value, in the next word */
}

static void write_over_edge(void)
{
    crooked.value = 1;
}

static void write_sixteen(void)
{
    sixteen++;
}

static void read_second_half(void)
{
    sink = ((short *)&sixteen)[7];
}

static void write_struct(void)
{
    big = copy;
}

static void read_in_struct(void)
{
    sink = (int)big.words[8];
}

int main(void)
{
    in_turn(write_eight, read_last_byte);
    in_turn(read_after_edge, write_over_edge);
    in_turn(write_sixteen, read_second_half);
    in_turn(write_struct, read_in_struct);
    return 0;
}
