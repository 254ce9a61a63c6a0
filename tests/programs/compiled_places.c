/* What lies at the address of a race: a global, thread-local and stack variables, a block. */
// build: -fsanitize=thread
// expect: data-race function=touch_global text=counter
// expect: data-race function=touch_local
// expect: data-race function=touch_stack
// expect: data-race role=here function=touch_block
// expect: data-race role=allocated function=main
#include "in_turn.h"

int counter;
static _Thread_local int local;
static int *of_local, *of_stack, *block;

static void touch_global(void)
{
    counter = 1;
}

static void touch_local(void)
{
    *of_local = 1;
}

static void touch_stack(void)
{
    *of_stack = 2;
}

static void touch_block(void)
{
    block[3] = 1;
}

int main(void)
{
    int variable = 0;
    of_local = &local;
    of_stack = &variable;
    block = malloc(64);
    in_turn(touch_global, touch_global);
    in_turn(touch_local, touch_local);
    in_turn(touch_stack, touch_stack);
    in_turn(touch_block, touch_block);
    free(block);
    return variable != 2;
}
