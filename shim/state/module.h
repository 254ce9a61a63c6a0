/*
 * Modules and their lifetimes: rows in SECTION_MODULES. A module gets its row when a stack first
 * meets its code (state/stack.c asks module_seen on a miss of its row cache), so loading needs no
 * hook; unloading does: module_unloaded() after each dlclose looks for rows whose module is gone,
 * ends them, and starts a new epoch.
 */
#ifndef HOLDFAST_STATE_MODULE_H
#define HOLDFAST_STATE_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include "format/recording.h"

/* Counts dlclose calls that unloaded something; stacks carry it. Read by any thread. */
extern uint32_t module_epoch;

/* At birth: the path of the executable, which stays the caller's, "" unknown. */
void module_start_up(const char *path_of_executable);

/* The code at pc belongs to a module: make sure that it has a row. Returns false when that could
   not be done now (the lock is taken): ask again at the next occasion. Guard entered. */
bool module_seen(uintptr_t pc);

/* May these addresses mean other code in one of two epochs than in the other? Not when no module
   that holds one of them was unloaded in between, nor when the very same file has been loaded there
   again since (a plugin that comes and goes). */
bool module_changed_between(uint32_t epoch, uint32_t other, const uint64_t *pcs, uint32_t count);

/* After dlclose: end the rows of modules that are gone. Returns true when there were any (the
   caller then calls stack_forget). */
bool module_unloaded(void);

/* In a fork's child with a new recording: the rows of what is mapped are copied from the parent's
   (rows and strings of its recording), because cached unwind rows do not ask again. */
void module_after_fork(const struct module_row *rows, const char *strings);

#endif
