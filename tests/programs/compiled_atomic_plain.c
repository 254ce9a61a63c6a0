/* One side is atomic, the other is not. */
// build: -fsanitize=thread
// expect: data-race role=here function=plain_read
// expect: data-race role=earlier function=atomic_write
// expect: data-race role=here function=atomic_read
// expect: data-race role=earlier function=plain_write
#include "in_turn.h"

static int one, two, three;
static volatile int sink;

static void atomic_write(void)
{
    __atomic_store_n(&one, 1, __ATOMIC_RELAXED);
}

static void plain_read(void)
{
    sink = one;
}

static void plain_write(void)
{
    two = 1;
}

static void atomic_read(void)
{
    sink = __atomic_load_n(&two, __ATOMIC_ACQUIRE);
}

/* Two that only read. */
static void plain_look(void)
{
    sink = three;
}

static void atomic_look(void)
{
    int seen = __atomic_load_n(&three, __ATOMIC_RELAXED);
    (void)seen;
}

int main(void)
{
    in_turn(atomic_write, plain_read);
    in_turn(plain_write, atomic_read);
    in_turn(plain_look, atomic_look);
    return 0;
}
