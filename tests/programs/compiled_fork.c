/* A fork's child that goes on in compiled code with a deep stack: it begins alone, and its own
   threads can race. */
// build: -fsanitize=thread
// expect: data-race role=here function=second program=compiled_fork
// expect: data-race role=earlier function=first
// expect-process: program=compiled_fork state=ended status=0
// expect-process: program=compiled_fork state=ended status=0
#include <sys/wait.h>

#include "in_turn.h"

int value, before;

static void first(void)
{
    value = 1;
}

static void second(void)
{
    value = 2;
}

static void write_before(void)
{
    before = 1;
}

static void nothing(void)
{
}

static __attribute__((noinline)) void child(int depth)
{
    if (depth) {
        child(depth - 1);
        before++;
    } else {
        in_turn(first, second);
    }
}

int main(void)
{
    in_turn(write_before, nothing);
    pid_t pid = fork();
    if (pid == 0) {
        child(10);
        return 0;
    }
    int status;
    waitpid(pid, &status, 0);
    return status;
}
