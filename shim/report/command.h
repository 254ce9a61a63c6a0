/*
 * The report at the end of a program that was not started by `holdfast run`: the command that lies
 * beside the library is started from inside the program and writes it.
 *
 * The program never notices (state/helper.h). It gets the program's own environment. Called once,
 * under LOCK_LAST_LOOK, with all signals blocked.
 */
#ifndef HOLDFAST_REPORT_COMMAND_H
#define HOLDFAST_REPORT_COMMAND_H

#include <stdbool.h>

/* Runs `holdfast report` on recording and waits for it; its text goes to the descriptor out (with
   quiet: nowhere). Returns its exit status (1: a finding reaches fail_on), or -1 when it could not
   be started or died. */
int command_report(const char *recording, int out, bool quiet);

#endif
