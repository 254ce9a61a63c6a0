/*
 * A handler of a signal that the thread brought about itself interrupts nothing: it may print. It
 * asked for no siginfo_t, so there is none.
 *
 * // expect: none
 * // status: 3
 * // expect-stdout: aborted
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void on_abort(int signal)
{
    printf("aborted\n");
    exit(3);
}

int main(void)
{
    signal(SIGABRT, on_abort);
    abort();
}
