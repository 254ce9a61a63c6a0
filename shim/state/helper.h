/*
 * Programs of ours that the shim starts from inside the watched one: the command that writes the
 * report, the rewriter of code.
 *
 * The program never notices: the helper shares our memory until its exec (nothing is copied),
 * neither wait nor SIGCHLD tells of it, and it has no descriptor of the program's but 0 to 2. All
 * signals are blocked meanwhile, by the caller.
 */
#ifndef HOLDFAST_STATE_HELPER_H
#define HOLDFAST_STATE_HELPER_H

#include <stdbool.h>
#include <stddef.h>

/* Looks for a program at places (relative to the folder of our library, each beginning with a
   slash; NULL ends the list). */
bool helper_find(const char *const *places, char *path, size_t room);

struct helper {
    const char *path;
    const char *const *argv;
    char *const *envp;
    int out;        /* becomes its standard error; 2: stays */
    unsigned limit; /* seconds after which it is killed; 0 none */
};

/* Runs it and waits for its end. Returns its status (0 to 125), or -1 when it could not be started
   or died. */
int helper_run(const struct helper *helper);

#endif
