/*
 * What the shim says to people: one line on stderr, beginning with "holdfast: ". Used rarely: when
 * something stops being observed, and for the verbose option.
 */
#ifndef HOLDFAST_BASE_SAY_H
#define HOLDFAST_BASE_SAY_H

#include <stddef.h>
#include <stdint.h>

/* Writes bytes for people; a descriptor that takes none, or a pipe that nobody reads, changes
   nothing for the program. */
void say_write(int fd, const char *bytes, size_t size);

void say(const char *message);                          /* message without a newline */
void say_with(const char *message, const char *detail); /* "message: detail" */

/* Notes in the recording that something is no longer observed (enum unobserved), and says message
   the first time this bit is set. message may be NULL. */
void say_unobserved(uint32_t bit, const char *message);

#endif
