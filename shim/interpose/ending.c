/*
 * Calls that end the process without exit's handlers: nothing of ours would run, so the last look
 * is made here. exit itself needs no wrapper (exit.c is among its handlers).
 */
#include "interpose/real.h"
#include "state/process.h"

int process_quick_status;

void wrap__exit(int status)
{
    real._exit(last_look(ENDING_FAST_EXIT, status, FRAME));
}

void wrap__Exit(int status)
{
    real._Exit(last_look(ENDING_FAST_EXIT, status, FRAME));
}

/* Its handlers run first, ours last of them. */
void wrap_quick_exit(int status)
{
    process_quick_status = status;
    real.quick_exit(status);
}
