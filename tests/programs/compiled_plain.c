/* Plain accesses of two threads, with the lines of both. */
// build: -fsanitize=thread
// expect: data-race role=here function=read_it line=19
// expect: data-race role=earlier function=write_it line=14
// expect: data-race role=here function=write_again line=29
// expect: data-race role=earlier function=only_read line=24
#include "in_turn.h"

static int value, other;
static volatile int sink;

static void write_it(void)
{
    value = 1; /* line 14 */
}

static void read_it(void)
{
    sink = value; /* line 19 */
}

static void only_read(void)
{
    sink = other; /* line 24 */
}

static void write_again(void)
{
    other = 2; /* line 29 */
}

static void nothing(void)
{
}

int main(void)
{
    in_turn(write_it, read_it);
    in_turn(only_read, write_again);
    in_turn(nothing, write_it);
    return 0;
}
