/* The report where the command cannot run: findings with module+offset lines, and the path of the
   recording, from which the command can tell everything later. Called under LOCK_LAST_LOOK. */
#ifndef HOLDFAST_REPORT_PLAIN_H
#define HOLDFAST_REPORT_PLAIN_H

#include <stdbool.h>

#include "format/recording.h"

/* Findings of at least that severity are there. */
bool plain_has(enum severity least);

/* Writes all of them from warnings on to the descriptor out. */
void plain_report(const char *recording_path, int out);

#endif
